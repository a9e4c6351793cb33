"""``inlay doctor``: tries database, plugins, broker, model and connections; says what is wrong, the fix, and who."""

from __future__ import annotations

import dataclasses
import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from hub.cli import output

if TYPE_CHECKING:
    from hub.bootstrap import Hub
    from hub.domain import Probe
    from hub.settings import Settings

PORTS = {"redis": 6379, "rediss": 6379, "amqp": 5672, "amqps": 5671, "http": 80, "https": 443}


@click.command("doctor")
@click.argument("names", nargs=-1, metavar="[CONNECTION]...")
@click.option("--ask", is_flag=True, help="Ask the model one short question too; it may cost a fraction of a cent.")
@output.json_option
@click.pass_context
def command(ctx: click.Context, names: tuple[str, ...], ask: bool, as_json: bool) -> None:
    """Check database, broker, model and connections: what is wrong, the fix, who can do it.

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
    from hub.domain import Probe
    from hub.errors import ConfigurationError, InlayError
    from hub.settings import load

    settings = load(log_level="CRITICAL")
    database = _database(settings)
    yield database
    if not database.ok:
        return
    yield _broker(settings)
    try:
        hub = build(settings)
    except (ConfigurationError, InlayError) as error:
        yield Probe(id="start", ok=False, what=str(error), fix=getattr(error, "instead", ""), who="an admin")
        return
    try:
        if not names:
            yield from _plugins(hub)
            yield from _model(hub, ask)
            yield from _webhooks(hub)
        yield from _connections(hub, names)
    finally:
        hub.close()


def _database(settings: Settings) -> Probe:
    from hub.domain import Probe
    from hub.errors import ConfigurationError, InlayError
    from hub.store import Database
    from hub.store.database import SCHEMA

    try:
        database = Database(settings.database, pool=1)
    except ConfigurationError as error:
        return Probe(id="database", ok=False, what=str(error), fix="Correct INLAY_DATABASE_URL.", who="an admin")
    try:
        stands = database.schema()
        if stands and stands > SCHEMA:
            return Probe(
                id="database",
                ok=False,
                what=f"The database is at schema {stands}; this version of Inlay knows {SCHEMA}.",
                fix="Install the version of Inlay that made it, or a newer one.",
                who="an admin",
            )
        database.migrate()
    except InlayError as error:
        fix = "Start the database, or correct INLAY_DATABASE_URL."
        return Probe(id="database", ok=False, what=error.what, fix=fix, who="an admin")
    except OSError as error:
        fix = "Give Inlay a folder it may write to with INLAY_HOME."
        return Probe(id="database", ok=False, what=f"The database cannot be opened: {error}.", fix=fix, who="an admin")
    finally:
        database.close()
    return Probe(id="database", ok=True, what=f"{database.dialect} answers, schema {SCHEMA}")


def _broker(settings: Settings) -> Probe:
    from hub.domain import Probe

    if not settings.broker_url:
        return Probe(id="broker", ok=True, what="None is set: wake-ups stay in each process")
    parts = urlsplit(settings.broker_url)
    if parts.scheme == "unix":
        return Probe(id="broker", ok=True, what="A Unix socket is named; it is tried when work starts")
    fault = _reach(parts.hostname or "", parts.port or PORTS.get(parts.scheme, 0))
    what = f"{parts.scheme} server at {parts.hostname}"
    if fault:
        fix = "Start it, or correct INLAY_BROKER_URL. Until then runs are found by looking every half second."
        return Probe(id="broker", ok=False, what=f"{what}: {fault}", fix=fix, who="an admin")
    return Probe(id="broker", ok=True, what=f"{what} answers")


def _plugins(hub: Hub) -> Iterator[Probe]:
    from hub.domain import Probe

    for plugin in hub.registry.plugins:
        if plugin.error:
            fix = f"Update or remove {plugin.distribution}, or leave it out with INLAY_PLUGINS_OFF."
            yield Probe(id=f"plugin {plugin.name}", ok=False, what=plugin.error, fix=fix, who="an admin")
    missing = [check.name for check in hub.parts.policy_of("").checks if check.name not in hub.registry.checks]
    if missing:
        yield Probe(
            id="policy",
            ok=False,
            what=f"The policy names checks that are not installed: {', '.join(missing)}. Every run is held.",
            fix="Install the plugin that brings them.",
            who="an admin",
        )
    yield Probe(id="plugins", ok=True, what=f"{sum(not p.error for p in hub.registry.plugins)} loaded")


def _model(hub: Hub, ask: bool) -> Iterator[Probe]:
    from hub.domain import Message, Probe
    from hub.errors import InlayError
    from hub.sdk import Prompt

    model, settings = hub.parts.model, hub.settings
    if model.simulated:
        what = "None is configured: the simulator writes labelled drafts, to sandboxes only"
        yield Probe(id="model", ok=True, what=what, fix="Set INLAY_MODEL and INLAY_MODEL_API_KEY.", who="an admin")
        return
    if settings.model_base_url:
        parts = urlsplit(settings.model_base_url)
        fault = _reach(parts.hostname or "", parts.port or PORTS.get(parts.scheme, 443))
        if fault:
            fix = "Start the endpoint, or correct INLAY_MODEL_BASE_URL."
            yield Probe(id="model", ok=False, what=f"{parts.hostname}: {fault}", fix=fix, who="an admin")
            return
    if model.price_micros(1000, 1000) is None:
        what = f"No price is known for {model.name}: teams with a budget cannot use it"
        yield Probe(id="price", ok=False, what=what, fix="Set it in INLAY_MODEL_PRICES.", who="an admin")
    if not ask:
        yield Probe(id="model", ok=True, what=f"{model.name} is configured; --ask tries it")
        return
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {"ok": {"type": "boolean"}},
        "required": ["ok"],
        "additionalProperties": False,
    }
    question = (Message(role="user", content='Answer with the JSON object {"ok": true} and nothing else.'),)
    try:
        answer = model.ask(Prompt(messages=question, schema=schema, max_tokens=200))
    except InlayError as error:
        yield Probe(id="model", ok=False, what=error.what, fix=error.instead or error.why, who=error.who)
        return
    yield Probe(id="model", ok=True, what=f"{model.name} answered in {answer.usage.ms:.0f} ms")


def _connections(hub: Hub, wanted: tuple[str, ...]) -> Iterator[Probe]:
    from hub.domain import Probe
    from hub.errors import ConfigurationError, InlayError
    from hub.store import connections

    with hub.database.reading() as tx:
        rows = connections.every(tx)
    for unknown in sorted(set(wanted) - {one for row in rows for one in (row.name, row.connector)}):
        fix = "Declare it in hub.yaml and apply it, or pick a name `inlay connectors` lists."
        yield Probe(id=unknown, ok=False, what="There is no such connection.", fix=fix, who="an admin")
    names = [row.name for row in rows if not wanted or row.name in wanted or row.connector in wanted]
    for name in names:
        yield from _waiting(hub, name)
        try:
            connector, connection = hub.parts.connections.get(name)
            for probe in connector.check_connection(connection):
                yield dataclasses.replace(probe, id=f"{name}: {probe.id}")
        except (InlayError, ConfigurationError) as error:
            fix = getattr(error, "instead", "") or "Correct the connection in hub.yaml and apply it again."
            yield Probe(id=name, ok=False, what=str(error), fix=fix, who="an admin")


def _webhooks(hub: Hub) -> Iterator[Probe]:
    """Whether what the hub sends arrives. Nothing is sent for it."""
    from hub.domain import Probe
    from hub.store import endpoints

    with hub.database.reading() as tx:
        found = [(one, endpoints.late(tx, one.name)) for one in endpoints.every(tx)]
    for one, late in found:
        name = f"webhook {one.name}"
        given_up = sum(event.due_at is None for event in late)
        if one.state in ("failing", "gone"):
            fix = f"Mend the receiver, then `inlay webhooks resume {one.name}`. What it missed is kept."
            yield Probe(id=name, ok=False, what=one.problem, fix=fix, who="an admin")
        elif given_up:
            what = f"{given_up} events were given up: {late[-1].problem}"
            fix = f"`inlay webhooks log {one.name}` names them, `inlay webhooks retry` sends one again."
            yield Probe(id=name, ok=False, what=what, fix=fix, who="an admin")
        elif late or one.problem:
            what = f"{len(late)} events are late: {one.problem or late[-1].problem}"
            fix = "Look at the receiver; Inlay tries again by itself."
            yield Probe(id=name, ok=False, what=what, fix=fix, who="an admin", optional=True)
        else:
            what = "switched off" if one.state == "off" else "takes what is sent" if one.sent_at else "nothing sent yet"
            yield Probe(id=name, ok=True, what=what)


def _waiting(hub: Hub, name: str) -> Iterator[Probe]:
    """What came in by a connection and could not be worked on yet: looking up or sweeping has failed."""
    from hub.domain import Probe
    from hub.store import notices, sweeps

    with hub.database.reading() as tx:
        waiting = {one.connection: one for one in notices.waiting(tx)}.get(name)
        swept = sweeps.get(tx, name)
    fix = "Mend what it names; Inlay tries again by itself, hourly at last. Nothing is lost meanwhile."
    if waiting is not None and waiting.problem:
        what = f"{waiting.count} events wait to be looked up: {waiting.problem}"
        yield Probe(id=f"{name}: waiting", ok=False, what=what, fix=fix, who="an admin")
    if swept is not None and swept.problem:
        what = f"The last look over the account failed: {swept.problem}"
        yield Probe(id=f"{name}: sweep", ok=False, what=what, fix=fix, who="an admin")


def _reach(host: str, port: int) -> str:
    """What is wrong with reaching a server, empty when it takes connections."""
    try:
        socket.create_connection((host, port), timeout=3).close()
    except OSError as error:
        return error.strerror or "it does not answer"
    return ""
