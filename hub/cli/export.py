"""``inlay export``: writes the configuration as it stands as a hub.yaml; secrets become references, never values."""

from __future__ import annotations

from pathlib import Path

import click

from hub.cli.opening import a_hub


@click.command("export")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), required=False)
def command(file: Path | None) -> None:
    """Write the configuration as it stands as a hub.yaml: to FILE, which may not be there yet, or to standard output.

    With the same secrets `inlay apply` finds nothing to change in it, but takes over what was made on the pages.
    Secrets are named as environment variables and listed, not written.
    """
    from hub import configure

    with a_hub(log_level="ERROR") as hub:
        made = configure.export(hub)
    if file is None:
        click.echo(made.text, nl=False)
    else:
        try:
            with open(file, "x", encoding="utf-8") as opened:
                opened.write(made.text)
        except FileExistsError:
            raise click.ClickException(f"{file} is there already, and was left as it is. Name another file.") from None
        except OSError as error:
            raise click.ClickException(f"{file} cannot be written: {error.strerror}.") from None
        click.echo(f"Wrote {file}.", err=True)
    if made.secrets:
        click.echo("Before you apply it, set these environment variables:", err=True)
        for name, what in made.secrets.items():
            click.echo(f"  {name}  {what}", err=True)
    for note in made.notes:
        click.echo(f"Note: {note}", err=True)
