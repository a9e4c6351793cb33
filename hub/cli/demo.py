"""``inlay demo``: a hub, stand-ins for its vendors and three teams; requests go the whole way before your eyes."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hub.cli import output

if TYPE_CHECKING:
    from hub.demo import Ending, Placed, Setting


@click.command("demo")
@click.option("--once", is_flag=True, help="Run the requests, print one JSON object a line, and end.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port of the web server; INLAY_PORT when left out.")
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep the demo's data in this folder; a new one that is removed at the end when left out.",
)
@click.pass_context
def command(ctx: click.Context, once: bool, port: int | None, home: Path | None) -> None:
    """Start the hub with sample data and run requests on it; needs no key.

    With --once, the exit code is 0 only when every text stands where it belongs exactly once, with its receipt.
    """
    from hub.demo import free_port, journeys, open_door, set_up, tell
    from hub.settings import load

    with _folder(home) as folder:
        before = load(home=folder, **({} if port is None else {"port": port}))
        if once:
            good = True
            anywhere = free_port(before.host, 0)
            with set_up(folder, port=anywhere, sandbox_port=0, log_level="ERROR") as setting, open_door(setting):
                for journey in journeys():
                    ending = tell(setting, journey)
                    _print_lines(ending)
                    good &= ending.good
            ctx.exit(0 if good else 1)
        chosen = free_port(before.host, before.port)
        click.echo("Setting up the demo ...")
        with set_up(folder, port=chosen, log_level="ERROR") as setting:
            notes = list(setting.notes)
            if chosen != before.port and before.port != 0:
                notes.append(f"Port {before.port} is taken, so Inlay listens on {chosen}.")
            _print_opening(setting, notes, folder)
            told = []
            with open_door(setting):
                for journey in journeys():
                    told.append(tell(setting, journey))
                    _print_story(len(told), told[-1])
            _print_closing(setting, told)
            setting.close_hub()
            from hub.web.server import serve

            serve(setting.hub.settings)


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
    name = ending.journey.name
    for stage in ending.stages:
        said = {name: value for name, value in stage.said.items() if name not in ("stage", "ms", "state")}
        output.json_line({"journey": name, "stage": stage.stage, "ms": stage.ms, "state": stage.state, **said})
    output.json_line(
        {
            "journey": name,
            "result": "stands once" if ending.good else "does not stand",
            "run": ending.run.id,
            "state": ending.run.state,
            "simulated": ending.run.simulated,
            "places": [
                {
                    "connection": one.connection,
                    "page": one.url,
                    "text": one.text,
                    "times": one.times,
                    "receipt": one.receipt,
                }
                for one in ending.placed
            ],
        }
    )


def _print_opening(setting: Setting, notes: list[str], folder: Path) -> None:
    from rich.markup import escape

    model = setting.hub.parts.model
    named = "the simulator: no model is configured" if model.simulated else model.name
    console = output.console()
    console.print(f"\n[bold]Inlay demo[/bold]   model: {escape(named)}   data: {escape(str(folder))}")
    for note in notes:
        console.print(f"[yellow]{escape(note)}[/yellow]")
    teams = [change.what.removeprefix("team ") for change in setting.plan.changes if change.what.startswith("team ")]
    accounts = ", ".join(setting.hub.parts.connections.get(name)[0].title for name in setting.stand_ins)
    console.print(f"An organisation with the teams {', '.join(teams)} is set up, with stand-ins for {accounts}.")


def _print_story(number: int, ending: Ending) -> None:
    from rich.markup import escape
    from rich.panel import Panel

    run, journey = ending.run, ending.journey
    console = output.console()
    console.print(f"\n[bold]{number}. {escape(journey.title)}[/bold]")
    if not journey.does:
        console.print(Panel(escape(journey.said), title="Asked", width=100))
    output.table(
        "What happened",
        ("stage", "took (ms)", "state", "details"),
        [(s.stage, f"{s.ms:.1f}", s.state, _details(s.said)) for s in ending.stages],
    )
    for text in dict.fromkeys(one.text for one in ending.placed if one.good):
        where = " and ".join(one.title for one in ending.placed if one.good and one.text == text)
        title = f"Written to {where}, once{' each' if ' and ' in where else ''}"
        console.print(Panel(escape(text), title=title, width=100, border_style="green"))
    for one in ending.placed:
        console.print(_receipt(one), soft_wrap=True, markup=False)
    if not ending.good:
        console.print(f"[red]The run is {run.state.value}. {escape(run.problem.what if run.problem else '')}[/red]")


def _receipt(one: Placed) -> str:
    if one.receipt is None or not one.good:
        return (
            f"{one.title}: the text stands there {one.times} times, {'with' if one.receipt else 'without'} a receipt."
        )
    revision = f"revision {one.receipt.revision}, " if one.receipt.revision else ""
    return f"Receipt of {one.title}: {revision}content {one.receipt.content_hash[:16]}"


def _print_closing(setting: Setting, told: list[Ending]) -> None:
    console = output.console()
    console.print("\n[bold]Look at it[/bold]")
    pages = dict.fromkeys((one.title, one.url) for ending in told for one in ending.placed)
    lines = [(f"in {title}", url) for title, url in pages]
    lines += [(f"run {number}", ending.run_url) for number, ending in enumerate(told, 1)]
    lines.append(("the hub", setting.hub.settings.url))
    for name, url in lines:
        console.print(f"  {name:<16} {url}", soft_wrap=True, markup=False)
    if who := _who_sees(setting, {ending.run.team for ending in told}):
        console.print(f"\nSign in as {who}: the runs are of several teams, and people see their own.", markup=False)
    asked = next((one for ending in told if ending.journey.asks for one in ending.placed), None)
    if asked is not None:
        console.print(f"\nAsk something yourself: open the page in {asked.title} and fill in its form.", markup=False)
    dropped = next((e.placed[0] for e in told if e.journey.does == "drop" and e.placed), None)
    if dropped is not None:
        said = f"Or drop a picture of your own into {dropped.title}, see what is written there, and approve it."
        console.print(said, markup=False)
    console.print("Stop with Ctrl-C.")


def _who_sees(setting: Setting, of_teams: set[str]) -> str:
    """The name of somebody who can open runs of all these teams; empty when nobody can."""
    from hub.web.auth import demo_people

    return next((one.name for one in demo_people(setting.hub).values() if all(map(one.reaches, of_teams))), "")


def _details(said: dict[str, object]) -> str:
    if said.get("event") == "run.received":
        return f"{said.get('template')} at revision {said.get('revision')}"
    checks = said.get("checks")
    if isinstance(checks, dict):
        return f"{said.get('verdict')}: " + ", ".join(str(name) for name in checks)
    wanted = ("model", "characters", "vendor_id", "already", "what")
    return ", ".join(f"{name} {said[name]}" for name in wanted if said.get(name))
