"""What is kept how long, and the settings in force with where each comes from: both are read here, not changed."""

from __future__ import annotations

from flask import Blueprint, render_template

from hub.bootstrap import Hub
from hub.pipeline.retention import DAY
from hub.store import clearing, events
from hub.web import settings_view
from hub.web.pages.admin.ledger import DEEP


def add(page: Blueprint, hub: Hub) -> None:
    """Add both pages."""

    @page.get("/admin/retention")
    def retention() -> str:
        texts, outputs = hub.settings.keep_texts_days, hub.settings.keep_outputs_days
        outputs = max(outputs, texts) if outputs else 0
        today = hub.parts.clock() // DAY * DAY
        with hub.database.reading() as tx:
            now_old = {
                keeps: clearing.count_old(tx, keeps, today - days * DAY) if texts and days else 0
                for keeps, days in (("all", texts), ("output", outputs))
            }
            tomorrow = {
                keeps: clearing.count_old(tx, keeps, today + DAY - days * DAY) - now_old[keeps] if texts and days else 0
                for keeps, days in (("all", texts), ("output", outputs))
            }
            after = max(0, events.length(tx) - DEEP)
            last = events.newest(tx, kind="retention.cleared", after=after, limit=5)
        return render_template(
            "admin/retention.html",
            texts=texts,
            outputs=outputs,
            now_old=now_old,
            tomorrow=tomorrow,
            next_day=today + DAY,
            last=last,
            session_days=hub.settings.session_days,
        )

    @page.get("/admin/settings")
    def settings() -> str:
        return render_template("admin/settings.html", settings=settings_view.settings(hub.settings))
