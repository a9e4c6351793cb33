"""What commands print: tables for people, JSON for programs."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console

    from hub.domain import Probe

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")


def console() -> Console:
    """Where people read: it colours a terminal, and keeps whole lines where another program reads."""
    from rich.console import Console

    return Console(file=sys.stdout, highlight=False, width=None if sys.stdout.isatty() else 160)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table; numbers stand to the right."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    filled = [list(row) for row in rows]
    made = Table(title=title or None, title_justify="left", box=box.SIMPLE_HEAD, title_style="bold")
    for number, column in enumerate(columns):
        numeric = bool(filled) and all(isinstance(row[number], int | float) for row in filled)
        made.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in filled:
        # As Text, so that a [bracket] somebody typed is no markup.
        made.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    console().print(made)


def probes(title: str, column: str, found: Sequence[Probe]) -> None:
    """What was tried. What only a feature needs is a note when it fails: nobody has to act on it."""
    told = [("ok" if one.ok else "note" if one.optional else "wrong", one) for one in found]
    rows = [(word, one.id, one.what, one.fix, one.who) for word, one in told]
    table(title, ("", column, "what", "fix", "who"), rows)


def as_json(value: Any) -> None:
    """One JSON text, readable."""
    from pydantic_core import to_json

    click.echo(to_json(value, indent=2).decode())


def json_line(value: Any) -> None:
    """One JSON object on one line."""
    from pydantic_core import to_json

    click.echo(to_json(value).decode())


def when(at: float | None) -> str:
    """A moment in UTC, to the second; nothing for None."""
    return "" if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S")
