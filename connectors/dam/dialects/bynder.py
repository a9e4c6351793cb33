"""Bynder: events over Amazon SNS, metadata by the portal's API.

The transport is Amazon's and documented. What stands in a message is not published by Bynder: that ``Subject`` names
the event and ``Message`` holds ``media_id`` is what public handlers of customers read. So nothing but the id is taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from connectors.dam import picture, strict_json
from connectors.dam.asset import SLOTS, Asset, AssetEvent, Kind, Page, Value
from connectors.dam.dialect import Dialect
from connectors.dam.dialects import sns
from connectors.dam.dialects.bynder_api import portal, unreadable
from connectors.dam.settings import DamSettings
from hub.sdk import Connection, Ignored, Inbound, InlayError, NeedsPermission, Picture, Probe, TargetGone, clean_json

#: The events of the asset bank (Bynder's support article on webhooks), and the older names of an upload.
_KINDS: Mapping[str, Kind] = {
    "asset_bank.media.create": "asset.ready",
    "asset_bank.media.upload": "asset.ready",
    "asset_bank.media.uploaded": "asset.ready",
    "asset_bank.media.updated": "asset.updated",
    "asset_bank.media.meta_updated": "metadata.changed",
    "asset_bank.media.pre_archived": "asset.deleted",
    "asset_bank.media.archived": "asset.deleted",
    "asset_bank.media.deleted": "asset.deleted",
}
#: "Wait three to five seconds before you read the asset" (the same article).
SETTLE = 5.0
#: Both shapes there are, 8-4-4-16 and that of RFC 9562; in events they may stand in capitals.
_ID = re.compile(r"[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){2}(?:[0-9A-Fa-f]{16}|[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12})", re.ASCII)
_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+", re.ASCII)
_APPROVAL = re.compile(r"([A-Za-z0-9_]{1,60})=([A-Za-z0-9_ -]{1,60})", re.ASCII)
_PROPERTY = re.compile(r"metaproperty:([A-Za-z0-9_]{1,60}):([0-9A-Fa-f-]{36})", re.ASCII)
#: The fields of an asset that are texts. Everything else, ``isPublic`` before all, is never sent.
_OWN = ("name", "description", "tags")
_PAGE, _PAGES = 50, 40
_TYPES = {"image": "image/", "video": "video/", "audio": "audio/", "document": "application/"}


class Bynder(Dialect):
    """A portal. ``account`` says which metaproperty means approved, as ``name=option``; without it nothing is."""

    name = "bynder"
    title = "Bynder (over Amazon SNS)"
    needs = ("host", "client_id", "client_secret", "topic")
    takes = ("confirm_subscription", "account", "delivery_host")
    #: A portal names every asset after its file: a title would stand over no empty field and be a proposal each time.
    fields = {"alt_text": "description", "tags": "tags"}
    #: Once public, an asset cannot be taken back.
    never = frozenset({"isPublic", "is_public", "archive", "limited", "brandId", "copyright"})
    no_tag_holds = ","
    longest = {"tags": 255}
    largest = sns.LARGEST
    #: A write is answered 202 and shows a moment later.
    lag = 10.0

    def hosts(self, settings: DamSettings) -> frozenset[str]:
        return frozenset({settings.host, sns.topic_of(settings.topic).host, settings.delivery_host} - {""})

    def check(self, settings: DamSettings) -> None:
        sns.topic_of(settings.topic)
        if settings.account and not _APPROVAL.fullmatch(settings.account):
            raise ValueError("account is the metaproperty that says an asset is approved, such as status=approved")
        for slot, name in settings.fields.items():
            if name and name not in _OWN and not _PROPERTY.fullmatch(name):
                raise ValueError(
                    f"the field of {slot} is {', '.join(_OWN)}, or metaproperty:<name>:<id> as the portal shows both"
                )
            if name == "tags" and slot != "tags":
                raise ValueError(f"the field of {slot} cannot be tags: they are a list")

    def prepare(self, connection: Connection, request: Inbound) -> None:
        sns.prepare(connection, request, _topic(connection))

    def verify(self, connection: Connection, request: Inbound, now: float) -> None:
        sns.verify(connection, request, _topic(connection), now)

    def parse(self, connection: Connection, body: bytes) -> Sequence[AssetEvent | Ignored]:
        message = sns.read(body, _topic(connection))
        if message.type == sns.SUBSCRIBE:
            if not connection.settings.confirm_subscription:
                return [Ignored(event=message.type, why="The settings leave it to a person to confirm.")]
            return [
                AssetEvent(
                    id=message.id,
                    kind="confirm",
                    asset="",
                    native=message.type,
                    at=message.at,
                    extra={"token": message.token},
                )
            ]
        if message.type != sns.NOTIFICATION:
            return [Ignored(event=message.type, why="Nothing more comes from this subscription.")]
        kind = _KINDS.get(message.subject)
        if kind is None:
            return [Ignored(event=message.subject or message.type, why="It is about no asset Inlay works on.")]
        said = strict_json.read(message.text.encode("utf-8", "surrogatepass"))
        id = said.get("media_id") if isinstance(said, dict) else None
        if not isinstance(id, str) or not _ID.fullmatch(id):
            raise strict_json.bad("its message names no media_id")
        event = AssetEvent(id=message.id, kind=kind, asset=id, native=message.subject, at=message.at, settle=SETTLE)
        if kind != "metadata.changed" or not connection.settings.account:
            return [event]
        # Bynder knows no event of approval: a metaproperty says so, which is read when the event is looked up.
        approval = AssetEvent(
            id=f"{message.id}:approved",
            kind="asset.approved",
            asset=id,
            native=message.subject,
            at=message.at,
            settle=SETTLE,
        )
        return [event, approval]

    def confirm(self, connection: Connection, event: AssetEvent) -> None:
        sns.confirm(connection, _topic(connection), str(event.extra.get("token", "")))

    def fetch(self, connection: Connection, ids: Sequence[str]) -> Mapping[str, Asset]:
        known = [id for id in dict.fromkeys(ids) if _ID.fullmatch(id)]
        found: dict[str, Asset] = {}
        if len(known) == 1:
            # Alone it is asked for by its address, which says that it is gone.
            with suppress(TargetGone):
                found[known[0]] = _asset(connection, portal(connection).get(f"media/{known[0]}/"))
            return found
        for start in range(0, len(known), _PAGE):
            some = known[start : start + _PAGE]
            rows = _rows(portal(connection).get("media/", ids=",".join(some), limit=_PAGE))
            assets = {row["id"].casefold(): _asset(connection, row) for row in rows if _known(row)}
            found |= {id: assets[id.casefold()] for id in some if id.casefold() in assets}
        return found

    def picture(self, connection: Connection, asset: Asset) -> Picture | None:
        """The web image. Its host is in the answer, not in the id: it is called only if the settings name it."""
        if not asset.handle:
            return None
        return picture.fetch(connection, asset.handle)

    def write(self, connection: Connection, asset: Asset, changes: Mapping[str, Value]) -> None:
        form: dict[str, str] = {}
        for name, value in changes.items():
            found = _PROPERTY.fullmatch(name)
            if not found and name not in _OWN:
                raise unreadable()
            form[f"metaproperty.{found[2]}" if found else name] = value if isinstance(value, str) else ",".join(value)
        portal(connection).post(f"media/{asset.id}/", form)

    def changed(self, connection: Connection, since: float, cursor: Mapping[str, object]) -> Page:
        number = cursor.get("page")
        at = number if isinstance(number, int) and 0 < number < 10_000 else 1
        query = {"dateModified": _iso(since), "orderBy": "dateCreated asc", "limit": _PAGE, "page": at}
        rows = _rows(portal(connection).get("media/", **query))
        assets = tuple(_asset(connection, row) for row in rows if _known(row))
        more = len(rows) == _PAGE
        return Page(assets=assets, cursor={"page": at + 1} if more else {}, more=more)

    def created(self, connection: Connection, since: float, until: float) -> tuple[str, ...]:
        ids: dict[str, None] = {}
        for at in range(1, _PAGES + 1):
            query = {"dateCreated": _iso(since), "orderBy": "dateCreated asc", "limit": 1000, "page": at}
            rows = _rows(portal(connection).get("media/", **query))
            for row in rows:
                made = _seconds(row.get("dateCreated"))
                if made is not None and since <= made < until and _known(row):
                    ids[row["id"]] = None
            if len(rows) < 1000:
                break
        return tuple(ids)

    def probes(self, connection: Connection) -> Sequence[Probe]:
        return list(_probes(connection))

    def page(self, settings: DamSettings, asset: str) -> str:
        return f"https://{settings.host}/media/?mediaId={asset}" if _ID.fullmatch(asset) else ""

    def steps(self, settings: DamSettings, url: str) -> Mapping[str, str]:
        return {
            "endpoint": url,
            "topic": settings.topic,
            "events": ", ".join(_KINDS),
            "where": "Portal settings, Webhooks: a configuration for these events over Amazon SNS, protocol HTTPS, "
            "without raw message delivery.",
            "confirm": "Set confirm_subscription for the first message, and clear it once events arrive.",
        }


def _topic(connection: Connection) -> sns.Topic:
    return sns.topic_of(connection.settings.topic)


def _rows(answer: Any) -> list[dict[str, Any]]:
    found = answer.get("media") if isinstance(answer, dict) else answer
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise unreadable()
    return found


def _known(row: Mapping[str, Any]) -> bool:
    """Whether it says which asset it is. A row of a listing that does not holds up no other."""
    return isinstance(row.get("id"), str) and _ID.fullmatch(row["id"]) is not None


def _asset(connection: Connection, row: Any) -> Asset:
    settings: DamSettings = connection.settings
    if not isinstance(row, dict) or not _known(row):
        raise unreadable()
    # Whoever uploads names assets, also with what no address and no database takes.
    row = clean_json(row)
    return Asset(
        id=row["id"],
        version=_version(row),
        name=strict_json.text(row.get("name")),
        mime=_mime(row),
        size=_whole(row.get("fileSize")),
        width=_whole(row.get("width")),
        height=_whole(row.get("height")),
        status=_status(settings, row),
        fields=dict(_fields(settings, row)),
        url=f"https://{settings.host}/media/?mediaId={row['id']}",
        handle=_web_image(settings, row),
        created_at=_seconds(row.get("dateCreated")),
        modified_at=_seconds(row.get("dateModified")),
    )


def _version(row: Mapping[str, Any]) -> str:
    """What changes with the file and with nothing else: ``dateModified`` moves with each change of metadata, also with
    Inlay's own. A file replaced by one of the same size and measures is not told from it."""
    return "-".join(str(row.get(name) or 0) for name in ("fileSize", "width", "height"))


def _fields(settings: DamSettings, row: Mapping[str, Any]) -> Iterator[tuple[str, Value]]:
    for name in dict.fromkeys(settings.field_of(slot) for slot in SLOTS):
        found = _PROPERTY.fullmatch(name)
        value = row.get(f"property_{found[1]}" if found else name) if name else None
        if isinstance(value, list):
            kept = tuple(one for one in value if isinstance(one, str) and one)
            if kept:
                yield name, kept if name == "tags" else ", ".join(kept)
        elif isinstance(value, str) and value:
            yield name, value


def _status(settings: DamSettings, row: Mapping[str, Any]) -> Any:
    found = _APPROVAL.fullmatch(settings.account)
    if not found:
        return ""
    value = row.get(f"property_{found[1]}")
    values = value if isinstance(value, list) else [value]
    said = {str(one).casefold() for one in values if isinstance(one, str)}
    return "approved" if found[2].casefold() in said else "draft"


def _web_image(settings: DamSettings, row: Mapping[str, Any]) -> str:
    """The address of the small picture, if it is at a host of the settings and holds nothing that is signed."""
    found = row.get("thumbnails")
    url = found.get("webimage") or found.get("thul") if isinstance(found, dict) else None
    if not isinstance(url, str) or not url.startswith("https://") or not url.isascii() or len(url) > 1000:
        return ""
    host, _, rest = url.removeprefix("https://").partition("/")
    known = {settings.host, settings.delivery_host} - {""}
    return url if host in known and rest and not set(rest) & set("?#\\ ") else ""


def _mime(row: Mapping[str, Any]) -> str:
    kind, endings = _TYPES.get(str(row.get("type"))), row.get("extension")
    ending = endings[0] if isinstance(endings, list) and endings and isinstance(endings[0], str) else ""
    if not kind or not re.fullmatch(r"[A-Za-z0-9]{1,10}", ending):
        return ""
    return kind + {"jpg": "jpeg", "tif": "tiff", "svg": "svg+xml"}.get(ending.lower(), ending.lower())


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _seconds(value: object) -> float | None:
    try:
        at = datetime.fromisoformat(str(value))
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def _iso(at: float) -> str:
    return datetime.fromtimestamp(max(0.0, at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _probes(connection: Connection) -> Iterator[Probe]:
    admin = "an admin of the Bynder portal"
    try:
        portal(connection).sign_in()
    except InlayError as error:
        yield Probe(id="sign-in", ok=False, what=error.what, fix=error.instead or "Try again later.", who=admin)
        return
    yield Probe(id="sign-in", ok=True, what="Inlay signs in to the portal.")
    try:
        _rows(portal(connection).get("media/", limit=1))
        yield Probe(id="read", ok=True, what="Inlay reads assets.")
    except NeedsPermission:
        fix = "Give the app's user a profile that may see assets, and the app the scope asset:read."
        yield Probe(id="read", ok=False, what="Inlay may not read assets.", fix=fix, who=admin)
    except InlayError as error:
        yield Probe(id="read", ok=False, what=error.what, fix=error.instead or "Try again later.", who=admin)
    # Nothing tells whether a write is allowed short of one.
    yield Probe(
        id="pictures",
        ok=bool(connection.settings.delivery_host),
        optional=True,
        what="The host of the portal's thumbnails is named."
        if connection.settings.delivery_host
        else "The host of the portal's thumbnails is not named, so that models see no pictures from another host.",
        fix="" if connection.settings.delivery_host else "Set delivery_host to the host a thumbnail's address shows.",
        who="" if connection.settings.delivery_host else "an admin",
    )
