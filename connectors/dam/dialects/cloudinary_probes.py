"""Tries what a connection to Cloudinary needs, and says for each thing that fails the one fix, and who can do it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from connectors.dam.asset import SLOTS
from connectors.dam.dialects import cloudinary_calls as calls
from connectors.dam.dialects import cloudinary_pairs as pairs
from connectors.dam.settings import DamSettings
from hub.sdk import Connection, InlayError, NeedsPermission, Probe, TargetGone

_ADMIN = "an admin of the Cloudinary account"
#: Names no asset, so that trying to write changes nothing.
_NOBODY = "inlay-probe-of-an-asset-that-is-not-there"


def check(connection: Connection) -> list[Probe]:
    """``sign_in``, ``read``, ``write``, ``quota``, ``notifications`` and, for each structured field of the settings,
    ``field_…``. What depends on a probe that failed is not tried. About five Admin API calls."""
    first = _try("sign_in", "Sign in to Cloudinary", lambda: _sign_in(connection), _keys(connection.settings))
    return [first, *_rest(connection)] if first.ok else [first]


def _rest(connection: Connection) -> Iterator[Probe]:
    settings: DamSettings = connection.settings
    yield _try(
        "read", "Find assets", lambda: _read(connection), "Give the API key a role that may search and read assets."
    )
    yield _try(
        "write",
        "Write metadata of assets",
        lambda: _write(connection),
        "Give the API key a role that may edit metadata: Console, Settings, API Keys.",
    )
    yield _quota(connection)
    yield _notified(connection)
    for slot in SLOTS:
        family, key = pairs.family(settings.field_of(slot))
        if family == "metadata":
            yield _try(
                f"field_{slot}",
                f"The structured metadata field {key}",
                lambda key=key: calls.admin(connection, "GET", f"metadata_fields/{key}"),
                f"Make the field {key} (its external id), or change fields.{slot} in the connection's settings.",
            )


def _sign_in(connection: Connection) -> None:
    calls.admin(connection, "GET", "config", query=[("settings", "true")])


def _read(connection: Connection) -> None:
    calls.admin(
        connection, "POST", "resources/search", json_body={"expression": "resource_type:image", "max_results": 1}
    )


def _write(connection: Connection) -> None:
    form = [("public_ids[]", _NOBODY), ("type", "upload"), ("command", "add"), ("context", "inlay_probe=1")]
    calls.admin(connection, "POST", "image/context", form=form)


def _quota(connection: Connection) -> Probe:
    try:
        found = calls.reply(connection, "GET", f"v1_1/{connection.settings.account}/ping")
        left, all_of = (int(found.headers.get(f"x-featureratelimit-{name}", "")) for name in ("remaining", "limit"))
    except (InlayError, ValueError):
        return Probe(
            id="quota", ok=True, what="Cloudinary does not say how many Admin API calls are left", optional=True
        )
    return Probe(
        id="quota",
        ok=left * 10 >= all_of,
        what=f"{left:,} of {all_of:,} Admin API calls are left this hour",
        fix="Wait for the next hour. If it stays so, ask Cloudinary for a higher limit, or sweep less.",
        who=_ADMIN,
        optional=True,
    )


def _notified(connection: Connection) -> Probe:
    """Whether anything tells Inlay. The address itself is the hub's, so any that is there counts."""
    settings: DamSettings = connection.settings
    wanted = f"poll://{settings.poll_channel}" if settings.poll_channel else "http"
    what = f"Notifications go to {wanted}" if settings.poll_channel else "Notifications go to an address"
    try:
        triggers = calls.objects(calls.admin(connection, "GET", "triggers"), "triggers")
    except (NeedsPermission, TargetGone):
        return Probe(
            id="notifications",
            ok=True,
            what="The API key may not see which notifications are sent",
            optional=True,
        )
    except InlayError as error:
        return _probe("notifications", False, error.what, error.instead or "Try again later.", error.who)
    there = {str(one.get("event_type", "")) for one in triggers if str(one.get("uri", "")).startswith(wanted)}
    missing = [] if "all" in there else sorted({"upload", "moderation"} - there)
    fix = f"Add a notification for {', '.join(missing)}: `inlay connectors` shows the address and where to put it."
    return Probe(
        id="notifications",
        ok=not missing,
        what=what if not missing else f"Nothing tells Inlay of {', '.join(missing)}",
        fix="" if not missing else fix,
        who="" if not missing else _ADMIN,
        # The sweep finds everything, only later.
        optional=True,
    )


def _keys(settings: DamSettings) -> str:
    return f"Check account ({settings.account}), client_id and client_secret: Console, Settings, API Keys."


def _try(id: str, what: str, step: Callable[[], object], fix: str) -> Probe:
    try:
        step()
    except (NeedsPermission, TargetGone) as error:
        return _probe(id, False, f"{what}: {error.what}", fix, _ADMIN)
    except InlayError as error:
        return _probe(id, False, f"{what}: {error.what}", error.instead or "Try again later.", error.who)
    return _probe(id, True, what, "", "")


def _probe(id: str, ok: bool, what: str, fix: str, who: str) -> Probe:
    return Probe(id=id, ok=ok, what=what, fix="" if ok else fix, who="" if ok else who)
