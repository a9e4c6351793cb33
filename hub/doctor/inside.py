"""What works in the hub: its plugins, its models, and whether what it sends arrives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from hub.bootstrap import Hub
from hub.doctor.around import PORTS, reach
from hub.domain import Message, Probe
from hub.errors import InlayError
from hub.sdk import Model, Prompt
from hub.store import endpoints


def plugins(hub: Hub) -> Iterator[Probe]:
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


def models(hub: Hub, ask: bool) -> Iterator[Probe]:
    model, judge, settings = hub.parts.model, hub.parts.judge, hub.settings
    if model.simulated:
        what = "None is configured: the simulator writes labelled drafts, to sandboxes only"
        yield Probe(id="model", ok=True, what=what, fix="Set INLAY_MODEL and INLAY_MODEL_API_KEY.", who="an admin")
    else:
        yield from _model("model", model, settings.model_base_url, ask)
    if judge is not None:
        yield from _model("judge", judge, settings.judge_base_url, ask)


def _model(id: str, model: Model, base_url: str, ask: bool) -> Iterator[Probe]:
    """``id`` is model or judge, as their settings are called too."""
    if base_url:
        parts = urlsplit(base_url)
        fault = reach(parts.hostname or "", parts.port or PORTS.get(parts.scheme, 443))
        if fault:
            fix = f"Start the endpoint, or correct INLAY_{id.upper()}_BASE_URL."
            yield Probe(id=id, ok=False, what=f"{parts.hostname}: {fault}", fix=fix, who="an admin")
            return
    if model.price_micros(1000, 1000) is None:
        what = f"No price is known for {model.name}: teams with a budget cannot use it"
        yield Probe(id="price", ok=False, what=what, fix="Set it in INLAY_MODEL_PRICES.", who="an admin")
    if not ask:
        yield Probe(id=id, ok=True, what=f"{model.name} is configured; --ask tries it")
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
        yield Probe(id=id, ok=False, what=error.what, fix=error.instead or error.why, who=error.who)
        return
    yield Probe(id=id, ok=True, what=f"{model.name} answered in {answer.usage.ms:.0f} ms")


def webhooks(hub: Hub) -> Iterator[Probe]:
    """Whether what the hub sends arrives. Nothing is sent for it."""
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
