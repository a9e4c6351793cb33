"""A click group that imports a command when it is called, and turns the hub's errors into plain words."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

import click


class Failed(click.ClickException):
    """An error in words: what happened, why, what to do instead, who does it."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))

    def show(self, file: Any = None) -> None:
        click.echo(self.format_message(), file=file or sys.stderr)


class Misconfigured(Failed):
    """A setting is wrong: nothing can work until it is mended."""

    exit_code = 2


class LazyGroup(click.Group):
    """Knows its commands by name and one line each; the module of a command holds it as ``command``.

    Args:
        commands_in: name to (module of ``hub.cli``, the line shown for it).
    """

    def __init__(self, *args: Any, commands_in: dict[str, tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self._commands_in = commands_in

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._commands_in)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._commands_in:
            return None
        return import_module(f"hub.cli.{self._commands_in[cmd_name][0]}").command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args and args[0] not in self._commands_in and not args[0].startswith("-"):
            near = [name for name in self._commands_in if name.startswith(args[0][:2])]
            hint = f" Did you mean: {', '.join(near)}?" if near else ""
            ctx.fail(f"There is no command {args[0]!r}.{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in self._commands_in.items()])

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            told = _told(error)
            if told is None:
                raise
            raise told from None


def _told(error: Exception) -> Failed | None:
    """The error as a person is told it, None for one that is nobody's but ours."""
    from hub.errors import ConfigurationError, InlayError, InvalidInputs

    if isinstance(error, ConfigurationError):
        return Misconfigured([f"Error: {error}", "Who acts: an admin."])
    if not isinstance(error, InlayError):
        return None
    lines = [f"Error: {error.what}"]
    if isinstance(error, InvalidInputs):
        lines += [f"  {name}: {wrong}" for name, wrong in error.fields.items()]
    elif error.why:
        lines.append(f"Why: {error.why}")
    if error.instead:
        lines.append(f"Instead: {error.instead}")
    return Failed([*lines, f"Who acts: {error.who}."])
