"""The admin's pages: what needs somebody, people, teams, keys, budgets, the ledger, retention and settings."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint
from flask import Blueprint

from hub.bootstrap import Hub
from hub.web.auth import whoever
from hub.web.pages.admin import access, budgets, front, kept, keys, ledger, once, people, person, teams

#: Endpoint, words, and whether leads have it too.
SECTIONS = (
    ("every", "Overview", False),
    ("people", "People", True),
    ("teams", "Teams", False),
    ("keys", "API keys", False),
    ("budgets", "Budgets", True),
    ("ledger", "Ledger", False),
    ("retention", "Retention", False),
    ("settings", "Settings", False),
)


def blueprint(hub: Hub) -> Blueprint:
    # A plain blueprint with a guard of its own stops APIFlask from writing the OpenAPI document.
    page = APIBlueprint("admin", __name__, enable_openapi=False)
    page.before_request(access.guard)

    @page.context_processor
    def sections() -> dict[str, Any]:
        admin = whoever().is_admin
        return {"sections": [(f"admin.{name}", words) for name, words, leads in SECTIONS if admin or leads]}

    for part in (front, people, person, teams, keys, budgets, ledger, kept, once):
        part.add(page, hub)
    return page
