"""``inlay work``: a process that works on runs until it is told to stop; then it finishes what is under way."""

from __future__ import annotations

import signal
import threading

import click

from hub.cli.opening import a_hub


@click.command("work")
@click.option("--queues", help="Work on these queues only, separated by commas; all when left out.")
@click.option("--workers", type=click.IntRange(1, 256), help="Runs worked on at once; INLAY_WORKERS when left out.")
def command(queues: str | None, workers: int | None) -> None:
    """Work on runs, without pages or API.

    Any number of these may run, on any hosts, with one database. SIGTERM and SIGINT stop it: it takes nothing new,
    finishes what is under way and ends.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with a_hub() as hub:
        wanted = [name.strip() for name in queues.split(",") if name.strip()] if queues else None
        unknown = sorted(set(wanted or ()) - set(hub.engine.queues))
        if unknown:
            raise click.UsageError(
                f"There is no queue {', '.join(unknown)}. There are: {', '.join(hub.engine.queues)}."
            )
        hub.start(workers=workers or hub.settings.workers or 1, queues=wanted)
        click.echo(f"Working on {', '.join(wanted or hub.engine.queues)}. Stop with Ctrl-C.", err=True)
        stop.wait()
        click.echo("Finishing what is under way.", err=True)
