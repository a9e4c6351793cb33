"""A line in a channel: an event of the hub as Slack's incoming webhooks take it, and whatever takes the same.

Its form: https://api.slack.com/messaging/webhooks. ``<``, ``>`` and ``&`` are all that could be more than text there.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

from hub.pipeline.spend import dollars
from hub.pipeline.webhook_events import EVENTS, event_of
from hub.store.endpoints import Happened

#: The format of an endpoint that is a channel; the name its address is sealed under.
SLACK, ADDRESS = "slack", "url"


def line(found: Happened, url: str) -> bytes:
    """The message of a row that is an event: what happened, to which template of which team, and where to look.

    Args:
        url: the hub's own address.
    """
    row = found.row
    what = EVENTS[event_of(row)].says
    about = ", ".join(_text(one) for one in (found.template, f"team {row.team}" if row.team else "") if one)
    used, limit = row.data.get("used_micros"), row.data.get("limit_micros")
    if isinstance(used, int) and isinstance(limit, int):
        about += f": {dollars(used)} of {dollars(limit)} are used"
    due = row.data.get("due_at")
    if isinstance(due, int | float):
        about += f", until {datetime.fromtimestamp(due, UTC):%d %b, %H:%M} UTC"
    page = f"{url}/reviews" if row.kind.startswith("review.") else f"{url}/runs/{row.run_id}" if row.run_id else url
    return _message(f"{what} {about} <{page}|Open in Inlay>")


def test(name: str) -> bytes:
    return _message(f"Lines from Inlay arrive here. The webhook is called {_text(name)}.")


def _message(text: str) -> bytes:
    return json.dumps({"text": text}, separators=(",", ":")).encode()


def _text(value: str) -> str:
    """Somebody's text as nothing but text, on one line."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in value).split())
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
