"""The pages of this connector inside Google Docs: the calls of the sidebar and of the card add-on."""

from __future__ import annotations

from flask import Blueprint

from connectors.google_docs import cards, sidebar
from hub.sdk import Desk


def blueprint(desk: Desk) -> Blueprint:
    """All of them. The hub admits only whom ``tokens.identify`` names."""
    page = Blueprint("google_docs", __name__)
    cards.add(page, desk)
    sidebar.add(page, desk)
    return page
