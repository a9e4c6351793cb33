"""Cloudinary: notifications by webhook or from a poll channel, metadata in context, tags and structured fields."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from connectors.dam import picture
from connectors.dam.asset import SLOTS, Asset, AssetEvent, Page, Polled, Value
from connectors.dam.dialect import Dialect
from connectors.dam.dialects import cloudinary_assets as assets
from connectors.dam.dialects import cloudinary_calls as calls
from connectors.dam.dialects import cloudinary_pairs as pairs
from connectors.dam.dialects import cloudinary_signature as signature
from connectors.dam.dialects.cloudinary_events import ASSET_ID, events, name
from connectors.dam.dialects.cloudinary_polled import poll
from connectors.dam.dialects.cloudinary_probes import check
from connectors.dam.dialects.cloudinary_write import write
from connectors.dam.settings import DamSettings
from hub.sdk import Connection, Ignored, Inbound, InboundAnswer, InlayError, Json, Picture, Probe, TryLater

#: A value of context has at most 1,024 characters, a tag 255 (Upload API, context and tags).
_LONGEST, _LONGEST_TAG = 1024, 255
_CLOUD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}", re.ASCII)
_CHANNEL = re.compile(r"[A-Za-z0-9_-]{1,100}", re.ASCII)
_SHORTEST_SECRET = 16
_PAGE, _PAGES = 50, 40


class Cloudinary(Dialect):
    """A product environment. An asset goes by its immutable ``asset_id``; its public id may be renamed."""

    name = "cloudinary"
    title = "Cloudinary"
    needs = ("account", "client_id", "client_secret", "signing_secret")
    takes = ("signing_secret_previous", "poll_channel", "host", "delivery_host")
    fields = {
        "alt_text": "context:alt",
        "title": "context:caption",
        "description": "context:description",
        "tags": "tags",
        "copy": "context:copy",
        "digital_source_type": "context:digital_source_type",
        "rights_status": "context:rights_status",
        "rights_note": "context:rights_note",
        "proposal": "context:inlay_proposal",
        "review": "context:inlay_review",
        "mark": "context:inlay_mark",
    }
    longest = {**{slot: _LONGEST for slot in SLOTS}, "tags": _LONGEST_TAG}
    no_tag_holds = ","
    #: What add-ons found in an upload comes along with its notification.
    largest = 1_000_000

    def hosts(self, settings: DamSettings) -> frozenset[str]:
        return frozenset({settings.host or calls.API, settings.delivery_host or calls.DELIVERY})

    def check(self, settings: DamSettings) -> None:
        if not _CLOUD.fullmatch(settings.account):
            raise ValueError("account is the cloud name, such as demo: letters, digits, - and _")
        if settings.host and not calls.REGIONAL.fullmatch(settings.host):
            raise ValueError("host is api.cloudinary.com or a regional one such as api-eu.cloudinary.com")
        if settings.poll_channel and not _CHANNEL.fullmatch(settings.poll_channel):
            raise ValueError("poll_channel is the name behind poll:// alone: letters, digits, - and _")
        for setting in ("signing_secret", "signing_secret_previous"):
            secret = getattr(settings, setting)
            if secret and len(secret.reveal()) < _SHORTEST_SECRET:
                raise ValueError(
                    f"{setting} is the API secret of a key; those have {_SHORTEST_SECRET} characters or more"
                )
        for slot, field in settings.fields.items():
            if field and not pairs.family(field)[0]:
                raise ValueError(f"the field of {slot} is tags, context:<key> or metadata:<external id>")
            if field == "tags" and slot != "tags":
                raise ValueError(f"the field of {slot} cannot be tags: they are a list")

    def verify(self, connection: Connection, request: Inbound, now: float) -> None:
        signature.verify(request, secrets(connection.settings), now)

    def parse(self, connection: Connection, body: bytes) -> Sequence[AssetEvent | Ignored]:
        return events(body)

    def acknowledge(self) -> InboundAnswer:
        """Exactly 200: after anything else, also 202, it is sent again, up to three times."""
        return InboundAnswer(status=200, body=b'{"stored": true}')

    def polls_every(self, settings: DamSettings) -> float:
        return 60.0 if settings.poll_channel else 0.0

    def poll(self, connection: Connection, cursor: Json) -> Polled:
        return poll(connection, cursor, secrets(connection.settings))

    def fetch(self, connection: Connection, ids: Sequence[str]) -> Mapping[str, Asset]:
        return assets.fetch(connection, ids)

    def picture(self, connection: Connection, asset: Asset) -> Picture | None:
        settings: DamSettings = connection.settings
        if settings.send_pictures == "address" and not connection.sandbox:
            url = assets.rendition(settings, asset, signed=False)
            if url and _served(connection, url):
                return picture.public(settings, url)
        url = assets.rendition(settings, asset, signed=True)
        return picture.fetch(connection, url) if url else None

    def write(self, connection: Connection, asset: Asset, changes: Mapping[str, Value]) -> None:
        write(connection, asset, changes)

    def at_once(self, changes: Mapping[str, Value]) -> bool:
        """Values of context are set by one call; tags, structured metadata and what is removed take others."""
        return all(value and pairs.family(field)[0] == "context" for field, value in changes.items())

    def changed(self, connection: Connection, since: float, cursor: Mapping[str, object]) -> Page:
        """Two looks at the index, first for what was uploaded and then for what was approved, each asset read anew."""
        after = f'"{_iso(since)}"'
        approved = cursor.get("look") == "approved"
        expression = (
            f"moderation_status=approved AND last_updated.updated_at>={after}" if approved else f"uploaded_at>={after}"
        )
        found, more = _search(connection, expression, "" if approved else "uploaded_at", str(cursor.get("next", "")))
        known = assets.fetch(connection, [id for one in found if ASSET_ID.fullmatch(id := name(one))])
        if more:
            following: Json = {"look": "approved" if approved else "uploaded", "next": more}
        else:
            following = {} if approved else {"look": "approved"}
        return Page(assets=tuple(known.values()), cursor=following, more=bool(following))

    def created(self, connection: Connection, since: float, until: float) -> tuple[str, ...]:
        """By the time of the first upload; a replaced binary is no new asset."""
        ids: dict[str, None] = {}
        expression, next = f'created_at:["{_iso(since)}" TO "{_iso(until)}"]', ""
        for _ in range(_PAGES):
            found, next = _search(connection, expression, "created_at", next, size=500)
            for one in found:
                if ASSET_ID.fullmatch(id := name(one)) and one.get("type") in ("upload", "private", "authenticated"):
                    ids[id] = None
            if not next:
                break
        return tuple(ids)

    def probes(self, connection: Connection) -> Sequence[Probe]:
        return check(connection)

    def page(self, settings: DamSettings, asset: str) -> str:
        return assets.page(asset)

    def steps(self, settings: DamSettings, url: str) -> Mapping[str, str]:
        kinds = "Upload, Moderation, Moderation summary, Resource context changed, Resource metadata changed, "
        kinds += "Resource tags changed, Delete"
        where = f"poll://{settings.poll_channel}" if settings.poll_channel else url
        how = (
            "A trigger of the type poll, one for each of these events, by the Admin API (POST /triggers)."
            if settings.poll_channel
            else "Console, Settings, Webhook Notifications, Add Notification URL."
        )
        return {
            "notification_url": where,
            "notification_types": kinds,
            "where": how,
            "signing_secret": "The secret of the key that is set for webhook notifications; without one, of the oldest "
            "active key: Console, Settings, API Keys.",
        }


def secrets(settings: DamSettings) -> list[str]:
    """What a notification may be signed with."""
    return [one.reveal() for one in (settings.signing_secret, settings.signing_secret_previous) if one]


def _served(connection: Connection, url: str) -> bool:
    """Whether strangers get this address: it is asked for without a key, as they would."""
    try:
        picture.fetch(connection, url)
    except TryLater:
        raise
    except InlayError:
        return False
    return True


def _search(
    connection: Connection, expression: str, sorted_by: str, next: str, *, size: int = _PAGE
) -> tuple[list[dict], str]:
    """A page of what the expression finds, oldest first, and the cursor of the next page or an empty text."""
    asked: Json = {"expression": expression, "max_results": size}
    if sorted_by:
        asked["sort_by"] = [{sorted_by: "asc"}]
    if next:
        asked["next_cursor"] = next
    answer = calls.admin(connection, "POST", "resources/search", json_body=asked)
    following = answer.get("next_cursor")
    return calls.objects(answer, "resources"), following if isinstance(following, str) else ""


def _iso(at: float) -> str:
    return datetime.fromtimestamp(max(0.0, at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
