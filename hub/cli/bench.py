"""``inlay bench``: measures the hub on this machine, every figure beside the bar it is held to."""

from __future__ import annotations

import dataclasses
import os
import platform
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hub.cli import output

if TYPE_CHECKING:
    from hub.bench.accuracy import Miss, Result
    from hub.bench.report import Figure

PARTS = ("latency", "checks", "threads", "vendor", "http", "webhooks", "stored", "pages")


@click.group("bench", invoke_without_command=True)
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
    if ctx.invoked_subcommand is not None:
        return
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
    figures: list[Figure] = []
    for figure in measure(options, lambda what: click.echo(f"measuring {what} ...", err=True)):
        figures.append(figure)
    if as_json:
        machine = {"processors": os.cpu_count(), "python": platform.python_version(), "system": platform.platform()}
        output.as_json({"machine": machine, "figures": [_figure(figure) for figure in figures]})
    else:
        _tables(figures)
    if any(figure.holds is False for figure in figures):
        ctx.exit(1)


@command.command("checks")
@click.option("--verbose", is_flag=True, help="Also each text in which something was missed or wrongly found.")
@click.option(
    "--texts",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Labelled texts of your own, in place of those that ship.",
)
@click.option("--speed/--no-speed", default=True, show_default=True, help="Also measure how long the checks take.")
@click.option("--scale", type=click.FloatRange(0.01, 10), default=1.0, show_default=True, help="Shorter or longer.")
@click.option("--rounds", type=click.IntRange(1, 50), default=5, show_default=True, help="Rounds a median is of.")
@output.json_option
@click.pass_context
def checks(
    ctx: click.Context, verbose: bool, texts: Path | None, speed: bool, scale: float, rounds: int, as_json: bool
) -> None:
    """Measure what the checks find, miss and wrongly find in labelled texts, and how long they take.

    The labels say what a careful person would point at. Recall is what was found of what is there, precision what was
    right of what was found. The exit code is 1 when a time misses its bar.
    """
    from hub.bench import accuracy
    from hub.bench.measure import Options, measure

    lines = accuracy.read(texts.read_text("utf-8")) if texts else None
    result = accuracy.run(lines)
    figures: list[Figure] = []
    if speed:
        options = Options(parts=("checks",), scale=scale, rounds=rounds)
        figures = list(measure(options, lambda what: click.echo(f"measuring {what} ...", err=True)))
    if as_json:
        output.as_json({**_result(result), "figures": [_figure(figure) for figure in figures]})
    else:
        scores = result.scores.values()
        rows = [(s.kind, s.found, s.missed, s.false, s.precision, s.recall) for s in scores]
        columns = ("kind", "found", "missed", "false alarms", "precision", "recall")
        output.table(f"what the checks find in {result.lines} labelled texts", columns, rows)
        if verbose:
            output.table("missed or wrongly found", ("", "kind", "words", "text"), [_told(m) for m in result.misses])
        _tables(figures)
    if any(figure.holds is False for figure in figures):
        ctx.exit(1)


def _result(result: Result) -> dict[str, Any]:
    scores = [{**dataclasses.asdict(s), "precision": s.precision, "recall": s.recall} for s in result.scores.values()]
    misses = [
        {"kind": m.kind, "false_alarm": m.false_alarm, "rule": m.rule, "words": m.said, "text": m.line.text}
        for m in result.misses
    ]
    return {"lines": result.lines, "scores": scores, "misses": misses}


def _told(miss: Miss) -> tuple[str, str, str, str]:
    return "false alarm" if miss.false_alarm else "missed", miss.rule or miss.kind, miss.said, miss.line.text


def _figure(figure: Figure) -> dict[str, Any]:
    return {**dataclasses.asdict(figure), "holds": figure.holds}


def _tables(figures: list[Figure]) -> None:
    for group in dict.fromkeys(figure.group for figure in figures):
        rows = [
            (f.name, f"{f.value:,.2f} {f.unit}", _bar(f.bar, f.unit, f.better), _verdict(f.holds), f.note)
            for f in figures
            if f.group == group
        ]
        output.table(group, ("", "measured", "bar", "", ""), rows)


def _bar(bar: float | None, unit: str, better: str) -> str:
    return "" if bar is None else f"{'≤' if better == 'lower' else '≥'} {bar:g} {unit}"


def _verdict(holds: bool | None) -> str:
    return "" if holds is None else "holds" if holds else "misses"
