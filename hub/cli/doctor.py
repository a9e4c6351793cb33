"""``inlay doctor``: tries database, plugins, broker, models and connections; says what is wrong, the fix, and who."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from hub.cli import output

if TYPE_CHECKING:
    from hub.domain import Probe


@click.command("doctor")
@click.argument("names", nargs=-1, metavar="[CONNECTION]...")
@click.option("--ask", is_flag=True, help="Ask the model one short question too; it may cost a fraction of a cent.")
@output.json_option
@click.pass_context
def command(ctx: click.Context, names: tuple[str, ...], ask: bool, as_json: bool) -> None:
    """Check database, broker, models, governance and connections: what is wrong, the fix, who can do it.

    With names, only these connections are checked, or those of the connectors of these names. The exit code is 1 when
    something is wrong.
    """
    probes = list(_probes(names, ask))
    wrong = sum(not (probe.ok or probe.optional) for probe in probes)
    if as_json:
        output.as_json([dataclasses.asdict(probe) for probe in probes])
    else:
        output.probes("", "part", probes)
        click.echo(f"{wrong} of {len(probes)} need somebody." if wrong else "Everything answers.")
    if wrong:
        ctx.exit(1)


def _probes(names: tuple[str, ...], ask: bool) -> Iterator[Probe]:
    from hub.bootstrap import build
    from hub.doctor import everything
    from hub.doctor.around import broker, database
    from hub.domain import Probe
    from hub.errors import ConfigurationError, InlayError
    from hub.settings import load

    settings = load(log_level="CRITICAL")
    stands = database(settings)
    yield stands
    if not stands.ok:
        return
    yield broker(settings)
    try:
        hub = build(settings)
    except (ConfigurationError, InlayError) as error:
        yield Probe(id="start", ok=False, what=str(error), fix=getattr(error, "instead", ""), who="an admin")
        return
    try:
        yield from everything(hub, names, ask=ask)
    finally:
        hub.close()
