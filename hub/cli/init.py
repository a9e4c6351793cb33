"""``inlay init``: writes a starter hub.yaml in which every part is explained, and never over a file that is there."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import click


@click.command("init")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), default="hub.yaml")
def command(file: Path) -> None:
    """Write a commented hub.yaml to start from."""
    text = resources.files("hub.configure").joinpath("starter.yaml").read_text(encoding="utf-8")
    try:
        with open(file, "x", encoding="utf-8") as opened:
            opened.write(text)
    except FileExistsError:
        raise click.ClickException(f"{file} is there already, and was left as it is. Name another file.") from None
    except OSError as error:
        raise click.ClickException(f"{file} cannot be written: {error.strerror}.") from None
    click.echo(
        f"Wrote {file}. Next:\n"
        f"  1. Put your teams, people and accounts into it.\n"
        f"  2. inlay apply {file} --plan     see what would be done\n"
        f"  3. inlay apply {file}            do it\n"
        f"  4. inlay doctor                    check that everything answers\n"
        f"  5. inlay serve                     open for work"
    )
