"""``inlay docs tables``: hooks, settings, commands and events as Markdown, taken from the code that has them."""

from __future__ import annotations

import click


@click.group("docs")
def command() -> None:
    """Print the reference tables."""


@command.command("tables")
def tables() -> None:
    """Print hooks, settings, commands and events as Markdown."""
    from hub.cli.reference import reference

    click.echo(reference(), nl=False)
