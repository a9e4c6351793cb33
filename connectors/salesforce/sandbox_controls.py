"""The controls of a sandbox under ``/__sandbox__/``, for a test or a demo in another process."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from connectors.salesforce.sandbox_ids import whole
from connectors.salesforce.sandbox_parts import Parts
from connectors.salesforce.sandbox_rules import Rule


def control(parts: Parts, method: str, path: str, query: dict[str, str], sent: Any) -> Any:
    """A JSON value, or None when there is no such control.

    Raises:
        ApiError, ValueError, TypeError, KeyError: the control was given what it cannot use.
    """
    name, _, wanted = path.partition("/")
    match method, name:
        case "GET", "health":
            return {"ok": True, "organization": parts.accounts.organization, "domain": parts.accounts.domain}
        case "GET", "journal":
            operation, type, since = query.get("operation"), query.get("type"), int(query.get("since", "0"))
            return [asdict(one) for one in parts.journal.entries(operation=operation, type=type, since=since)]
        case "GET", "faults":
            return parts.faults.waiting()
        case "POST", "faults":
            for one in sent if isinstance(sent, list) else [sent]:
                parts.faults.add(**one)
            return parts.faults.waiting()
        case "DELETE", "faults":
            parts.faults.clear()
            return []
        case "GET", "records":
            return [one.values for one in parts.store.rows(wanted)]
        case "POST", "records":
            at = None if "at" not in query else float(query["at"])
            return {"id": parts.store.plant(wanted, sent, at=at)}
        case "POST", "delete" | "undelete":
            _bin(parts, wanted, undo=name == "undelete")
        case "POST", "rules":
            _add_rule(parts, **sent)
        case "POST", "schema":
            type, _, field = wanted.partition(".")
            parts.store.schema.change(type, field, **sent) if sent else parts.store.schema.drop(type, field)
        case "POST", "apps":
            parts.accounts.register(wanted, **{**sent, "approved": tuple(sent.get("approved", ()))})
        case "POST", "sessions" if wanted == "expire":
            parts.accounts.expire_all()
        case "POST", "limits":
            _limit(parts, **sent)
        case "GET", "outbound":
            return _outbound(parts)
        case "POST", "outbound":
            match wanted:
                case "hurry":
                    parts.outbound.hurry()
                case "requeue":
                    parts.outbound.requeue()
                case "":
                    parts.outbound.configure(**sent)
                case _:
                    return None
            return _outbound(parts)
        case _:
            return None
    return {"done": True}


def _bin(parts: Parts, id: str, *, undo: bool) -> None:
    type = parts.store.schema.of(whole(id) or "")
    if type is None:
        raise KeyError(id)
    parts.store.undelete(type, id) if undo else parts.store.delete(type, id)


def _add_rule(parts: Parts, type: str, message: str, field: str = "", contains: str = "") -> None:
    """A validation rule: no record of the type may be saved, or none whose field contains a text."""
    rule = Rule(type, lambda values, old: not field or contains in str(values.get(field) or ""), message, field)
    parts.store.rules.validations.append(rule)


def _limit(parts: Parts, daily: int | None = None, used: int | None = None, concurrent: int | None = None) -> None:
    accounts = parts.accounts
    accounts.daily = accounts.daily if daily is None else daily
    accounts.concurrent = concurrent
    if used is not None:
        accounts.reset()
        accounts.use(used)


def _outbound(parts: Parts) -> dict[str, Any]:
    outbound = parts.outbound
    return {
        "action": outbound.action,
        "endpoint": outbound.endpoint,
        "pending": [one.record for one in outbound.pending()],
        "sent": [asdict(one) for one in outbound.sent],
        "dropped": [one.record for one in outbound.dropped],
    }
