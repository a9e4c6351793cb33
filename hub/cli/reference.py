"""The reference page, put together from the code: so that no table can say something else than what runs."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator, Mapping, Sequence
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
    """Each ``Entry("kind", {…})`` of a module: the kind, and the names its data is written with.

    Where a function of the module is given the kind, its calls in the module are read.
    """
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    for node in _calls(tree, "Entry", "_entry"):
        yield from _said(tree, functions, node, 0, _keys(node, _assigned(_around(functions, node) or tree)))


def _said(
    tree: ast.Module, functions: list[ast.FunctionDef], call: ast.Call, at: int, keys: set[str]
) -> Iterator[tuple[str, set[str]]]:
    """The kinds that argument ``at`` of a call stands for."""
    if len(call.args) <= at:
        return
    kind, inside = call.args[at], _around(functions, call)
    if not (isinstance(kind, ast.Name) and inside and kind.id in _names(inside)):
        known = _assigned(inside or tree)
        for said in _kinds(known.get(kind.id, kind) if isinstance(kind, ast.Name) else kind):
            yield said, keys
        return
    for outer in _calls(tree, inside.name):
        more = {one.arg for one in outer.keywords if one.arg and one.arg not in _names(inside)}
        yield from _said(tree, functions, outer, _names(inside).index(kind.id), keys | more)


def _around(functions: list[ast.FunctionDef], node: ast.AST) -> ast.FunctionDef | None:
    return next((one for one in functions if any(node is inner for inner in ast.walk(one))), None)


def _assigned(tree: ast.AST) -> Mapping[str, ast.expr]:
    return {
        target.id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _calls(tree: ast.Module, *names: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names and node.args:
            yield node


def _names(function: ast.FunctionDef) -> list[str]:
    return [one.arg for one in function.args.args]


def _keys(node: ast.Call, named: Mapping[str, ast.expr]) -> set[str]:
    data = node.args[1] if len(node.args) == 2 else None
    if isinstance(data, ast.Name):
        data = named.get(data.id)
    keys = data.keys if isinstance(data, ast.Dict) else []
    return {str(key.value) for key in keys if isinstance(key, ast.Constant)}


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
