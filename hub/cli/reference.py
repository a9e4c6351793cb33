"""The reference page, put together from the code: so that no table can say something else than what runs."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator, Sequence
from importlib import resources
from importlib.resources.abc import Traversable

import click

HEAD = """\
# Reference

Hooks, settings, commands, events and webhooks, as the code has them. `inlay docs tables` prints this page.
"""


def reference() -> str:
    """The whole page."""
    parts = [HEAD, *_hooks(), *_settings(), *_commands(), *_events(), *_webhooks()]
    return "\n".join(parts).rstrip("\n") + "\n"


def _hooks() -> Iterator[str]:
    from hub.sdk import hookspecs

    yield "## Hooks\n"
    yield "Implement them with `hub.sdk.hookimpl`. An entry point of `hub.connectors` or `hub.plugins` names it.\n"
    rows = []
    for name, spec in inspect.getmembers(hookspecs, inspect.isfunction):
        if spec.__module__ == hookspecs.__name__:
            given = ", ".join(inspect.signature(spec).parameters)
            said = inspect.getdoc(spec) or ""
            called = next((part for part in said.split("\n\n") if part.startswith("Called:")), "")
            rows.append((f"`{name}({given})`", said.split("\n\n")[0], called.removeprefix("Called:").strip()))
    yield from _table(("hook", "what it is for", "called"), rows)


def _settings() -> Iterator[str]:
    from hub.settings import Settings

    yield "## Settings\n"
    yield "Environment variables. `INLAY_<NAME>_FILE` names a file that holds the value instead.\n"
    rows = []
    for name, field in Settings.model_fields.items():
        default = field.get_default(call_default_factory=True, validated_data={})
        shown = "" if default in (None, "", [], {}) else f"`{default}`"
        rows.append((f"`INLAY_{name.upper()}`", field.description or "", shown))
    yield from _table(("variable", "what it does", "when left out"), rows)


def _commands() -> Iterator[str]:
    from hub.cli import main

    yield "## Commands\n"
    context = click.Context(main, info_name="inlay")
    yield from _table(("command", "what it does", "options"), list(_command_rows(main, context)))


def _command_rows(group: click.Group, context: click.Context) -> Iterator[tuple[str, str, str]]:
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        assert found is not None
        inner = click.Context(found, info_name=name, parent=context)
        told = " ".join((found.help or "").split("\n\n")[0].split())
        arguments = [p.make_metavar(inner) for p in found.params if isinstance(p, click.Argument)]
        options = [f"`{p.opts[0]}`" for p in found.params if isinstance(p, click.Option)]
        yield " ".join([f"`{inner.command_path}", *arguments]) + "`", told, " ".join(options)
        if isinstance(found, click.Group):
            yield from _command_rows(found, inner)


def _events() -> Iterator[str]:
    yield "## Events\n"
    yield "What the ledger records. Rows hold ids, figures and hashes; people are pseudonyms, and no text is there."
    yield "An … stands for a state.\n"
    found: dict[str, set[str]] = {}
    for source in _sources(resources.files("hub")):
        for kind, names in _entries(ast.parse(source.read_text(encoding="utf-8"))):
            found.setdefault(kind, set()).update(names)
    rows = [(f"`{kind}`", ", ".join(f"`{name}`" for name in sorted(found[kind]))) for kind in sorted(found)]
    yield from _table(("event", "with"), rows)


def _webhooks() -> Iterator[str]:
    from hub.pipeline.webhook_events import EVENTS, FIELDS, LINK, TOLD

    yield "## Webhooks\n"
    yield "What `webhooks:` in hub.yaml can send.\n"
    rows = [
        (f"`{name}`", kind.says, ", ".join(f"`{status}`" for status in kind.statuses)) for name, kind in EVENTS.items()
    ]
    yield from _table(("event", "when", "`status`"), rows)
    yield "Each has `type`, `timestamp` and `data`, and in `data`:\n"
    told = ", ".join(f"`{name}`" for name in sorted(TOLD))
    rows = [(f"`{name}`", says) for name, says in (*FIELDS.items(), ("link", f"of a delivery only: {LINK}"))]
    yield from _table(
        ("field", "what it is"), [*rows, (told, "where the event has them, as in the table of events above")]
    )


def _sources(folder: Traversable) -> Iterator[Traversable]:
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.name.startswith(("_", ".")):
            yield from _sources(entry)
        elif entry.name.endswith(".py"):
            yield entry


def _entries(tree: ast.Module) -> Iterator[tuple[str, set[str]]]:
    """Each ``Entry("kind", {…})`` of a module: the kind, and the names its data is written with."""
    named = {
        target.id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args):
            continue
        if node.func.id not in ("Entry", "_entry"):
            continue
        kind = node.args[0]
        data = node.args[1] if len(node.args) == 2 else None
        data = named.get(data.id) if isinstance(data, ast.Name) else data
        keys = [key.value for key in data.keys if isinstance(key, ast.Constant)] if isinstance(data, ast.Dict) else []
        for said in _kinds(named.get(kind.id, kind) if isinstance(kind, ast.Name) else kind):
            yield said, {str(key) for key in keys}


def _kinds(node: ast.expr) -> list[str]:
    if isinstance(node, ast.IfExp):
        return [*_kinds(node.body), *_kinds(node.orelse)]
    if isinstance(node, ast.Constant):
        return [str(node.value)]
    if isinstance(node, ast.JoinedStr):
        return ["".join(str(p.value) if isinstance(p, ast.Constant) else "…" for p in node.values)]
    return []


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(columns)} |"
    yield f"|{'---|' * len(columns)}"
    for row in rows:
        cells = [" ".join(cell.replace("|", "\\|").split()) for cell in row]
        yield f"| {' | '.join(cells)} |"
    yield ""
