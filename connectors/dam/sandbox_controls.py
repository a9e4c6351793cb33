"""The controls of a sandbox under ``/__sandbox__/``, for a test or a demo in another process."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from connectors.dam.sandbox_http import Parts


def control(parts: Parts, method: str, path: str, query: dict[str, str], sent: Any) -> Any:
    """A JSON value, or None when there is no such control.

    Raises:
        ValueError, TypeError, KeyError: the control was given what it cannot use.
    """
    match method, path:
        case "GET", "health":
            return {"ok": True, "dialect": parts.vendor.name}
        case "GET", "journal":
            since = int(query.get("since", "0"))
            return [asdict(one) for one in parts.journal.entries(method=query.get("method", ""), since=since)]
        case "GET", "faults":
            return parts.faults.waiting()
        case "POST", "faults":
            for one in sent if isinstance(sent, list) else [sent]:
                parts.faults.add(**one)
            return parts.faults.waiting()
        case "DELETE", "faults":
            parts.faults.clear()
            return []
        case "GET", "assets":
            return [_plain(one) for one in parts.store.every()]
        case "POST", "sender":
            parts.sender.configure(**sent)
        case "POST", "sender/hurry":
            parts.sender.hurry()
        case "GET", "sender":
            pass
        case _:
            return None
    sender = parts.sender
    told = {name: getattr(sender, name) for name in ("endpoint", "speed", "workers", "repeat", "shuffled", "paused")}
    return {**told, "pending": sender.pending(), "lost": sender.lost, "attempts": [asdict(a) for a in sender.attempts]}


def _plain(asset: Any) -> dict[str, Any]:
    return {name: value for name, value in asdict(asset).items() if name != "data"}
