"""The ledger for an admin: its end, whether it holds, heads of the last days, its events, and all of it as a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from pydantic_core import to_json
from werkzeug.wrappers import Response as BaseResponse

from hub.bootstrap import Hub
from hub.domain import Event
from hub.ledger import Entry
from hub.ledger.own import verify
from hub.store import events, heads
from hub.web import check_ups
from hub.web.auth import whoever
from hub.web.check_ups import Told

_KIND = "ledger"
#: Events on one page; rows looked through at most for a kind, which has no index of its own; heads shown.
PAGE, DEEP, HEADS = 50, 100_000, 14


def add(page: Blueprint, hub: Hub) -> None:
    """Add the page, and what it does."""

    @page.get("/admin/ledger")
    def ledger() -> str:
        asked = request.args
        run, kind, day = (asked.get(name, "").strip()[:80].replace("\x00", "") for name in ("run", "kind", "day"))
        now, last = hub.parts.clock(), check_ups.get(hub, _KIND)
        before = asked.get("before", type=int)
        with hub.database.reading() as tx:
            length = events.length(tx)
            found = _search(tx, run, kind, day, before, length)
            kept = list(heads.every(tx))[-HEADS:][::-1]
        return render_template(
            "admin/ledger.html",
            length=length,
            heads=kept,
            last=last,
            running=last is not None and last.runs(now),
            cut_off=last is not None and last.cut_off(now),
            **found,
            asked={"run": run, "kind": kind, "day": day},
            folder=hub.settings.ledger_heads is not None,
            keys=list(hub.parts.ledger.seal.public.values()),
        )

    @page.post("/admin/ledger/verify")
    def verify_ledger() -> BaseResponse:
        with hub.database.reading() as tx:
            length = events.length(tx)

        def work(told: Told) -> dict[str, Any]:
            with hub.database.reading() as tx:
                found = verify(hub.parts.ledger, tx, told=told)
            broken = found.broken and {"row": found.broken.seq, "why": found.broken.why}
            return {"rows": found.rows, "heads": found.heads, "broken": broken}

        if check_ups.start(hub, _KIND, length, work):
            flash("The whole chain is being verified. Look again in a moment: what comes of it is kept here.", "done")
        else:
            flash("The chain is being verified already.", "error")
        return redirect(url_for("admin.ledger"), 303)

    @page.post("/admin/ledger/export")
    def export_ledger() -> Response:
        now = hub.parts.clock()
        with hub.database.transaction() as tx:
            who = hub.parts.ledger.pseudonym(tx, whoever().person, "web")
            entries = [Entry("ledger.exported", {"rows": events.length(tx)})]
            hub.parts.ledger.append(tx, run_id="", team="", actor=who, at=now, entries=entries)

        def lines() -> Iterator[bytes]:
            with hub.database.reading() as tx:
                for event, _ in events.walk(tx):
                    yield to_json(asdict(event)) + b"\n"

        name = f"inlay-ledger-{datetime.fromtimestamp(now, UTC):%Y-%m-%d}.jsonl"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(lines(), mimetype="application/x-ndjson", headers=headers)


def _search(tx: Any, run: str, kind: str, day: str, before: int | None, length: int) -> dict[str, Any]:
    """The events asked for, and the number to go on before; None when these were all."""
    after, wrong = 0, ""
    if day:
        try:
            begins = datetime.fromisoformat(day[:10]).replace(tzinfo=UTC)
        except ValueError:
            wrong = "This is no day. Write it as 2026-11-30."
        else:
            after = events.number_at(tx, begins.timestamp())
            ends = events.number_at(tx, (begins + timedelta(days=1)).timestamp()) + 1
            before = ends if before is None else min(before, ends)
    stops = after
    if kind and not run:
        # A kind is looked for row by row: a stretch at a time, so that the page answers however long the chain is.
        stops = max(after, (before or length + 1) - 1 - DEEP)
    found: list[Event] = (
        [] if wrong else events.newest(tx, kind=kind, run_id=run, after=stops, before=before, limit=PAGE + 1)
    )
    more = found[PAGE - 1].seq if len(found) > PAGE else stops + 1 if stops > after else None
    return {"events": found[:PAGE], "more": more, "wrong_day": wrong, "looked": DEEP if stops > after else 0}
