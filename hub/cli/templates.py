"""``inlay templates``: the prompt templates in force, one of them in full, and a check of files before they ship."""

from __future__ import annotations

from pathlib import Path

import click

from hub.cli import output
from hub.cli.opening import a_hub


@click.group("templates", invoke_without_command=True)
@output.json_option
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """List, show and check prompt templates."""
    if ctx.invoked_subcommand is not None:
        return
    from hub.store import authored

    with a_hub(log_level="ERROR") as hub:
        found = hub.parts.shelf.every()
        standing = {template.name: hub.parts.shelf.standing(template.name) for template in found}
        with hub.database.reading() as tx:
            drafts = [one for one in authored.every(tx) if one.production is None]
    stages = {name: one.stage if one else "published" for name, one in standing.items()}
    if as_json:
        fields = {"name", "title", "description", "owner", "tier", "surfaces", "revision", "baseline_minutes"}
        plain = [{**t.model_dump(mode="json", include=fields), "lifecycle": stages[t.name]} for t in found]
        output.as_json([*plain, *({"name": one.name, "owner": one.team, "lifecycle": one.stage} for one in drafts)])
        return
    rows = [(t.name, t.title, t.owner, t.tier, ", ".join(t.surfaces), stages[t.name], t.short_revision) for t in found]
    rows += [(one.name, "", one.team, "", "", one.stage, "") for one in drafts]
    output.table("", ("name", "title", "owner", "review tier", "where", "state", "revision"), rows)


@command.command("show")
@click.argument("name")
@output.json_option
def show(name: str, as_json: bool) -> None:
    """Show one template: its inputs, its output, its text."""
    with a_hub(log_level="ERROR") as hub:
        template = hub.parts.shelf.current(name)
    if as_json:
        output.as_json(template.model_dump(mode="json"))
        return
    click.echo(f"{template.title} ({template.name})\n{template.description}\n")
    ask = f" · help: {template.help.channel}" if template.help.channel else ""
    click.echo(f"Owner: {template.owner}{ask} · review tier {template.tier}")
    click.echo(f"Revision: {template.revision}")
    output.table(
        "Inputs",
        ("name", "type", "", "what it is"),
        [(i.name, i.kind, "required" if i.required else "", i.help) for i in template.inputs],
    )
    fields = template.contract.fields
    output.table("Output", ("field", "type", "what it is"), [(n, f.type, f.description) for n, f in fields.items()])
    for section in template.sections:
        click.echo(f"{section.role}:\n{section.body.strip()}\n")


@command.command("check")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.pass_context
def check(ctx: click.Context, files: tuple[Path, ...]) -> None:
    """Read prompt files and say what is wrong with them. The exit code is 1 when something is."""
    from hub import templates
    from hub.errors import InlayError

    wrong = 0
    for file in files:
        try:
            template = templates.load(file.stem, file.read_text(encoding="utf-8"))
        except (InlayError, UnicodeDecodeError) as error:
            wrong += 1
            click.echo(f"{file}: {getattr(error, 'what', 'this is no UTF-8 text')}")
            why = getattr(error, "why", "")
            for line in why.split("; ") if why else ():
                click.echo(f"    {line}")
        else:
            click.echo(f"{file}: fine, revision {template.short_revision}")
    if wrong:
        ctx.exit(1)
