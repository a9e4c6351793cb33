"""``inlay demo``: a hub, a sandbox and three teams on this machine; one request goes the whole way before your eyes."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hub.cli import output

if TYPE_CHECKING:
    from hub.demo import Ending, Setting


@click.command("demo")
@click.option("--once", is_flag=True, help="Run the request, print one JSON object a line, and end.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port of the web server; INLAY_PORT when left out.")
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep the demo's data in this folder; a new one that is removed at the end when left out.",
)
@click.pass_context
def command(ctx: click.Context, once: bool, port: int | None, home: Path | None) -> None:
    """Start the hub with sample documents and run one request; needs no key.

    With --once, the exit code is 0 only when the text stands in the document exactly once, with its receipt.
    """
    from hub.demo import free_port, set_up, tell
    from hub.settings import load

    with _folder(home) as folder:
        before = load(home=folder, **({} if port is None else {"port": port}))
        if once:
            with set_up(folder, port=before.port, sandbox_port=0, log_level="ERROR") as setting:
                ending = tell(setting.hub, _key())
            _print_lines(ending)
            ctx.exit(0 if ending.good else 1)
        chosen = free_port(before.host, before.port)
        click.echo("Setting up the demo ...")
        with set_up(folder, port=chosen, log_level="ERROR") as setting:
            notes = list(setting.notes)
            if chosen != before.port and before.port != 0:
                notes.append(f"Port {before.port} is taken, so Inlay listens on {chosen}.")
            ending = tell(setting.hub, _key())
            _print_story(setting, ending, notes, folder)
            from hub.web.server import serve

            serve(setting.hub.settings)


def _key() -> str:
    return f"demo:{time.time_ns()}"


@contextmanager
def _folder(home: Path | None) -> Iterator[Path]:
    if home is not None:
        yield home
        return
    fresh = Path(tempfile.mkdtemp(prefix="inlay-demo-"))
    try:
        yield fresh
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _print_lines(ending: Ending) -> None:
    for stage in ending.stages:
        said = {name: value for name, value in stage.said.items() if name not in ("stage", "ms", "state")}
        output.json_line({"stage": stage.stage, "ms": stage.ms, "state": stage.state, **said})
    output.json_line(
        {
            "result": "stands once" if ending.good else "does not stand",
            "run": ending.run.id,
            "state": ending.run.state,
            "simulated": ending.run.simulated,
            "text": ending.text,
            "times": ending.times,
            "document": ending.document_url,
            "receipt": ending.receipt,
        }
    )


def _print_story(setting: Setting, ending: Ending, notes: list[str], folder: Path) -> None:
    from rich.markup import escape
    from rich.panel import Panel

    hub, run = setting.hub, ending.run
    console = output.console()
    model = "the simulator: no model is configured" if hub.parts.model.simulated else hub.parts.model.name
    console.print(f"\n[bold]Inlay demo[/bold]   model: {escape(model)}   data: {escape(str(folder))}")
    for note in notes:
        console.print(f"[yellow]{escape(note)}[/yellow]")
    teams = [change.what.removeprefix("team ") for change in setting.plan.changes if change.what.startswith("team ")]
    console.print(f"An organisation with the teams {', '.join(teams)} and a sandbox account is set up.\n")
    console.print(Panel(escape(ending.quote), title="Somebody quotes a paragraph and picks a workflow", width=100))
    output.table(
        "What happened",
        ("stage", "took (ms)", "state", "details"),
        [(s.stage, f"{s.ms:.1f}", s.state, _details(s.said)) for s in ending.stages],
    )
    if ending.good and ending.receipt is not None:
        console.print(Panel(escape(ending.text), title="Written below it, once", width=100, border_style="green"))
        console.print(f"Receipt: revision {ending.receipt.revision}, content {ending.receipt.content_hash[:16]}\n")
    else:
        what = run.problem.what if run.problem else f"The text stands there {ending.times} times."
        console.print(f"[red]The run is {run.state.value}. {escape(what)}[/red]\n")
    console.print("Look at it:")
    console.print(f"  the document   {ending.document_url}", soft_wrap=True)
    console.print(f"  the run        {ending.run_url}", soft_wrap=True)
    console.print(f"  the hub        {hub.settings.url}", soft_wrap=True)
    console.print("\nStop with Ctrl-C.")


def _details(said: dict[str, object]) -> str:
    if said.get("event") == "run.received":
        return f"{said.get('template')} at revision {said.get('revision')}"
    checks = said.get("checks")
    if isinstance(checks, dict):
        return f"{said.get('verdict')}: " + ", ".join(str(name) for name in checks)
    wanted = ("model", "characters", "vendor_id", "already", "what")
    return ", ".join(f"{name} {said[name]}" for name in wanted if said.get(name))
