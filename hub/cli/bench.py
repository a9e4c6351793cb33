"""``inlay bench``: measures the hub on this machine, every figure beside the bar it is held to."""

from __future__ import annotations

import dataclasses
import os
import platform

import click

from hub.cli import output

PARTS = ("latency", "checks", "threads", "vendor", "http", "webhooks", "stored")


@click.command("bench")
@click.option("--only", type=click.Choice(PARTS), multiple=True, help="Measure this part only; may be given again.")
@click.option("--big", is_flag=True, help="Also with 1,000,000 stored runs; takes minutes and gigabytes.")
@click.option("--scale", type=click.FloatRange(0.01, 10), default=1.0, show_default=True, help="Shorter or longer.")
@click.option("--rounds", type=click.IntRange(1, 50), default=5, show_default=True, help="Rounds a median is of.")
@click.option("--processes", type=click.IntRange(1, 16), default=1, show_default=True, help="Web processes.")
@click.option("--model-url", default="", help="Another instant model: an OpenAI-compatible base URL.")
@click.option("--beside", default="", help="Another gateway in front of --model-url; the bars follow from its figures.")
@click.option("--beside-key", default="none", help="The key it wants.")
@click.option("--beside-pid", type=click.IntRange(1), help="Its process, to count what it costs.")
@output.json_option
@click.pass_context
def command(
    ctx: click.Context,
    only: tuple[str, ...],
    big: bool,
    scale: float,
    rounds: int,
    processes: int,
    model_url: str,
    beside: str,
    beside_key: str,
    beside_pid: int | None,
    as_json: bool,
) -> None:
    """Measure latency, throughput and the cost of each stage.

    All checks are on, every run is stored in SQLite as it is in production, every text is new, the model answers at
    once. The exit code is 1 when a figure misses its bar.
    """
    from hub.bench.beside import Endpoint
    from hub.bench.measure import Options, measure

    if beside and not model_url:
        raise click.UsageError("--beside needs --model-url: both must ask the same model.")
    options = Options(
        parts=only or PARTS,
        scale=scale,
        rounds=rounds,
        big=big,
        model_url=model_url,
        processes=processes,
        beside=Endpoint(url=beside, key=beside_key, pid=beside_pid) if beside else None,
    )
    figures = []
    for figure in measure(options, lambda what: click.echo(f"measuring {what} ...", err=True)):
        figures.append(figure)
    if as_json:
        machine = {"processors": os.cpu_count(), "python": platform.python_version(), "system": platform.platform()}
        output.as_json({"machine": machine, "figures": [{**dataclasses.asdict(f), "holds": f.holds} for f in figures]})
    else:
        for group in dict.fromkeys(figure.group for figure in figures):
            rows = [
                (f.name, f"{f.value:,.2f} {f.unit}", _bar(f.bar, f.unit, f.better), _verdict(f.holds), f.note)
                for f in figures
                if f.group == group
            ]
            output.table(group, ("", "measured", "bar", "", ""), rows)
    if any(figure.holds is False for figure in figures):
        ctx.exit(1)


def _bar(bar: float | None, unit: str, better: str) -> str:
    return "" if bar is None else f"{'≤' if better == 'lower' else '≥'} {bar:g} {unit}"


def _verdict(holds: bool | None) -> str:
    return "" if holds is None else "holds" if holds else "misses"
