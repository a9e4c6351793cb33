"""Compose: read the target anew, fill the inputs that come from it, and hold every input to its declared type."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from hub.domain import Context, Message, Run, Stage, Target, Work
from hub.errors import RateLimited
from hub.governance.masking import new_nonce
from hub.ledger import Entry
from hub.model import repair_messages
from hub.pipeline import redraft
from hub.pipeline.markets import market_of
from hub.pipeline.parts import Parts
from hub.pipeline.step import Step
from hub.sdk import Connection, Connector, Prompt
from hub.store import calls
from hub.templates import EVIDENCE, Template

#: What reading a target once costs, where a vendor limits reads.
READ = {"read": 1}


def compose(parts: Parts, run: Run) -> Step:
    """Typed values for the template, from the request and from the place it was made at.

    Raises:
        InvalidInputs: each unknown, missing or ill-typed input is named.
        TargetGone, NeedsPermission, TryLater, VendorRefused: from reading the target.
    """
    template = parts.shelf.revision(run.revision)
    context = _context(parts, run)
    values = template.accept(run.request.inputs, context, today=parts.today())
    size = sum(len(value) for value in values.values() if isinstance(value, str))
    said: dict[str, Any] = {"inputs": sorted(values), "characters": size, "read": context is not None}
    if citable := _citable(parts, run, template, values):
        # Among the values from here on: checked, masked and fenced as they are, and figures a draft may use.
        values = {**values, EVIDENCE: citable}
        said["evidence"] = len(citable)
    work = Work(
        values=values,
        nonce=new_nonce(),
        title=context.title if context else "",
        url=context.url if context else "",
        earlier=redraft.earlier(parts, run),
    )
    return Step(
        stage=Stage.CHECK_INPUT,
        changes={"work": work},
        entries=(Entry("run.composed", said),),
        light=True,
    )


def _citable(parts: Parts, run: Run, template: Template, values: Mapping[str, Any]) -> list[str]:
    """The evidence the model may cite; none for remarks, which claim nothing."""
    if template.contract.write == "comments" or EVIDENCE in values:
        return []
    return parts.register.offered(run.team, market_of(values), parts.today().isoformat(), values)


def prompt_of(template: Template, run: Run) -> Prompt:
    """What the model gets: the template rendered with the masked values, and the broken answer when one is repaired."""
    # What fences the material off: the same for every call of a run, and nothing a document's writer can know.
    fence = hashlib.sha256(f"{run.id} {run.work.nonce}".encode()).hexdigest()[:12]
    messages: tuple[Message, ...] = template.render(run.work.values, fence, run.work.earlier)
    if run.work.breaches:
        messages = repair_messages(messages, run.work.answer, run.work.breaches)
    return Prompt(
        messages=messages,
        schema=template.contract.json_schema(),
        max_tokens=template.max_tokens,
        inputs=run.work.values,
        contract=template.contract.plain,
    )


def reading_at(parts: Parts, run: Run, target: Target) -> tuple[Connector, Connection]:
    """Who reads a run's target, in whose name the run is; one read is counted against the vendor's limit.

    Raises:
        RateLimited: the vendor takes no more for the moment.
        BadRequest, NotAllowed, NeedsPermission, TryLater: from opening the connection.
    """
    connector, connection = parts.connections.for_team(target.connection, run.team, person=run.on_behalf_of)
    reads = {kind: number for kind, number in READ.items() if kind in connector.limits}
    if reads:
        account = f"{connection.name}:{connection.account}"
        with parts.database.transaction() as tx:
            wait = calls.take(tx, account, connector.limits, reads, parts.clock())
        if wait:
            raise RateLimited(f"{connector.title} takes no more reads for the moment.", after=wait)
    return connector, connection


def _context(parts: Parts, run: Run) -> Context | None:
    target = run.request.target
    if target is None or run.request.context is not None:
        return run.request.context
    connector, connection = reading_at(parts, run, target)
    return connector.context(connection, target)
