"""AEM Assets as a Cloud Service: its events over Adobe I/O, and its metadata over the Assets Author API."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from connectors.dam import picture, strict_json
from connectors.dam.asset import Asset, AssetEvent, Kind, Page, Value
from connectors.dam.client import RENEWALS
from connectors.dam.dialect import Dialect
from connectors.dam.dialects import adobe_ims, adobe_io, adobe_keys, aem_api, aem_setup
from connectors.dam.one_by_one import one_by_one
from connectors.dam.settings import DamSettings
from hub.sdk import (
    Conflict,
    Connection,
    Ignored,
    Inbound,
    InboundAnswer,
    InlayError,
    NeedsPermission,
    Picture,
    Probe,
    TargetGone,
    Unavailable,
    VendorRefused,
)

#: The last part of an event's type. Work starts on ``processing_completed`` rather than ``created``: metadata and
#: renditions are there, and nothing else writes (Adobe, "Assets Author API", events). ``published`` is nobody's work.
EVENTS: Mapping[str, Kind] = {
    "created": "asset.created",
    "processing_completed": "asset.ready",
    "updated": "asset.updated",
    "metadata_updated": "metadata.changed",
    "deleted": "asset.deleted",
}
_TYPE = "aem.assets.asset."
_STATUS = "dam:status"
#: Renditions AEM's standard profile makes, the best for a model first; then the file itself where it is small.
RENDITIONS = ("cq5dam.web.1280.1280.jpeg", "cq5dam.web.1280.1280.png", "cq5dam.thumbnail.319.319.png")
_SMALL, _SHOWN = 2_000_000, ("image/jpeg", "image/png", "image/webp", "image/gif")
#: Assets of one page of a listing; each is read by itself.
PAGE, COUNTED = 50, 500
#: Reading a name that was just created may come too early for the author's own caches.
_SETTLE = 2.0
#: A property of a JCR node may have no other characters, and no prefix that is not registered in the repository
#: (JCR 2.0, 3.2). Those below are AEM's own, and XMP's as AEM registers them.
_NAME = re.compile(r"(?:([A-Za-z][A-Za-z0-9]*):)?[A-Za-z_][A-Za-z0-9_.-]{0,90}", re.ASCII)
_SYSTEM = frozenset({"repo", "jcr", "rep", "nt", "mix", "sling", "oak", "aem", "xcm", "event", "crx", "cqdam"})


class Aem(Dialect):
    """``client_id`` is the project's of the Adobe Developer Console, which events name as their recipient as well."""

    name: str = "aem"
    title: str = "Adobe Experience Manager Assets"
    needs: tuple[str, ...] = ("host", "client_id", "client_secret")
    takes: tuple[str, ...] = ("delivery_host",)
    largest: int = adobe_io.LARGEST
    #: Title, description and keywords are the fields of AEM's default schema ("Metadata schemas"). Alternative text has
    #: a field of its own in IPTC's standard (Photo Metadata 2021.1), which AEM's IPTC schema does not show by itself.
    #: Pages made with Core Components take it from ``dc:description`` ("Image Component"): whoever builds those sets
    #: ``fields: {alt_text: dc:description, description: ""}``. ``cq:tags`` takes only tags that exist. The fields that
    #: are Inlay's own have no prefix, because one has to be registered in the repository first.
    fields: Mapping[str, str] = {
        "alt_text": "Iptc4xmpCore:AltTextAccessibility",
        "title": "dc:title",
        "description": "dc:description",
        "tags": "dc:subject",
        "copy": "inlay_copy",
        "digital_source_type": "Iptc4xmpExt:DigitalSourceType",
        "rights_status": "inlay_rights_status",
        "rights_note": "inlay_rights_note",
        "proposal": "inlay_proposal",
        "review": "inlay_review",
        "mark": "inlay_mark",
    }
    #: Approval and release are a person's, and what describes the file is AEM's.
    never: frozenset[str] = frozenset(
        {
            *("dam:status", "dam:assetStatus", "dam:activationTarget", "dam:sha1", "dam:size", "dam:extracted"),
            *("dam:assetState", "dam:MIMEtype", "dam:isAiGenerated", "dam:hasC2PAManifest", "dc:format", "cq:tags"),
            *("repositoryMetadata", "assetMetadata", "assetId", "onTime", "offTime", "prism:expirationDate"),
        }
    )

    def hosts(self, settings: DamSettings) -> frozenset[str]:
        return frozenset({settings.host, settings.delivery_host, adobe_ims.HOST, adobe_keys.HOST} - {""})

    def check(self, settings: DamSettings) -> None:
        if settings.host.startswith(("publish-", "delivery-")) or settings.host in (adobe_ims.HOST, adobe_keys.HOST):
            raise ValueError("host is the author's, such as author-p1-e2.adobeaemcloud.com")
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,100}", settings.client_id, re.ASCII):
            raise ValueError("client_id is the project's client id (API key), of letters, digits, - and _")
        if settings.delivery_host == settings.host:
            raise ValueError(
                "delivery_host is another host than the author's, such as delivery-p1-e2.adobeaemcloud.com"
            )
        if settings.send_pictures == "address" and not settings.delivery_host:
            raise ValueError("send_pictures: address needs delivery_host: the author shows nothing without a token")
        for slot, name in settings.fields.items():
            if name and not _writable(name):
                raise ValueError(f"the field of {slot} is no property of the metadata that can be written")

    def handshake(self, connection: Connection, request: Inbound) -> InboundAnswer | None:
        return adobe_io.handshake(request)

    def prepare(self, connection: Connection, request: Inbound) -> None:
        adobe_io.prepare(connection, connection.settings.client_id, request)

    def verify(self, connection: Connection, request: Inbound, now: float) -> None:
        adobe_io.verify(connection, connection.settings.client_id, request, now)

    def parse(self, connection: Connection, body: bytes) -> Sequence[AssetEvent | Ignored]:
        return [_event(connection.settings, one) for one in adobe_io.read(body)]

    def fetch(self, connection: Connection, ids: Sequence[str]) -> Mapping[str, Asset | InlayError]:
        some = [id for id in dict.fromkeys(ids) if aem_api.ID.fullmatch(id)]
        if some:
            # A sign-in that fails is tried once, and not for each asset.
            adobe_ims.sign_in(connection).token()
        return one_by_one(some, lambda id: aem_api.metadata(connection, id))

    def picture(self, connection: Connection, asset: Asset) -> Picture | None:
        settings: DamSettings = connection.settings
        public = settings.delivery_host and asset.status == "approved"
        if public and settings.send_pictures == "address":
            return picture.public(settings, aem_api.delivery(settings, asset))
        small = asset.mime in _SHOWN and asset.size is not None and asset.size <= _SMALL
        for name in (*RENDITIONS, "original") if small else RENDITIONS:
            url = aem_api.rendition(settings, asset, name)
            try:
                if url:
                    return _with_token(connection, lambda said, url=url: picture.fetch(connection, url, said))
            except TargetGone:
                continue
        try:
            # Without the token: this host is everybody's.
            return picture.fetch(connection, f"{aem_api.delivery(settings, asset)}?width=1024") if public else None
        except TargetGone:
            return None

    def original(self, connection: Connection, asset: Asset) -> bytes | None:
        url = aem_api.rendition(connection.settings, asset, "original")
        try:
            return _with_token(connection, lambda said: picture.fetch_file(connection, url, said)) if url else None
        except TargetGone:
            return None

    def write(self, connection: Connection, asset: Asset, changes: Mapping[str, Value]) -> None:
        if not aem_api.ID.fullmatch(asset.id):
            raise TargetGone("This is no asset of AEM.")
        if not all(_writable(name) for name in changes):
            raise VendorRefused("Inlay does not write this property of an asset.", who="an admin")
        made = aem_api.patch(asset.fields, changes)
        if not made:
            return
        if not asset.etag:
            raise Conflict("AEM did not say in which state the asset is, so that nothing was written.")
        reply = aem_api.call(
            connection,
            "PATCH",
            f"/adobe/assets/{asset.id}/metadata",
            headers={"content-type": "application/json-patch+json", "if-match": asset.etag},
            body=json.dumps(made).encode(),
        )
        if reply.status == 202:
            # It is done later. The next attempt reads what stands there then, and writes what is missing.
            raise Unavailable("AEM took the change and has not made it yet.")

    def changed(self, connection: Connection, since: float, cursor: Mapping[str, object]) -> Page:
        """By ``jcr:content/jcr:lastModified``, which new files, approvals and metadata all move. A page begins with
        the second the last one ended in; what was seen of that second is named by the cursor."""
        start, seen = cursor.get("from", since), cursor.get("seen")
        start = float(start) if isinstance(start, int | float) else since
        known = {str(one) for one in seen} if isinstance(seen, list) else set()
        hits, more = aem_api.query(
            connection,
            [
                ("daterange.property", "jcr:content/jcr:lastModified"),
                ("daterange.lowerBound", aem_api.written(start)),
                ("daterange.lowerOperation", ">="),
                ("orderby", "@jcr:content/jcr:lastModified"),
                ("orderby.sort", "asc"),
                ("p.limit", str(PAGE + len(known))),
            ],
        )
        rows = [(aem_api.id_of(hit), aem_api.modified(hit) or start) for hit in hits]
        new = [id for id, _ in rows if id and id not in known]
        last = int(max([start, *(at for _, at in rows)]))
        held = {id for id, at in rows if id and int(at) == last} | (known if last == int(start) else set())
        found = self.fetch(connection, new)
        return Page(
            assets=tuple(one for id in new if isinstance(one := found.get(id), Asset)),
            unread=tuple(id for id, one in found.items() if isinstance(one, InlayError)),
            cursor={"from": float(last), "seen": sorted(held)},
            # A page that brought nothing new is the last, whatever the author says: or it would be asked for ever.
            more=more and bool(new),
        )

    def created(self, connection: Connection, since: float, until: float) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for offset in range(0, 100_000, COUNTED):
            hits, more = aem_api.query(
                connection,
                [
                    ("daterange.property", "jcr:created"),
                    ("daterange.lowerBound", aem_api.written(since)),
                    ("daterange.lowerOperation", ">="),
                    ("daterange.upperBound", aem_api.written(until)),
                    ("daterange.upperOperation", "<"),
                    ("orderby", "@jcr:created"),
                    ("p.limit", str(COUNTED)),
                    ("p.offset", str(offset)),
                ],
            )
            found.update(dict.fromkeys(aem_api.ids(hits)))
            if not more or not hits:
                break
        return tuple(found)

    def probes(self, connection: Connection) -> Sequence[Probe]:
        return aem_setup.probes(connection)

    def page(self, settings: DamSettings, asset: str) -> str:
        """AEM's pages are addressed by path, which an id does not tell; ``Asset.url`` has the address."""
        return f"{settings.sandbox_root}/#asset-{quote(asset, safe='')}" if settings.sandbox_root else ""

    def steps(self, settings: DamSettings, url: str) -> Mapping[str, str]:
        return aem_setup.steps(settings, url)


def _writable(name: str) -> bool:
    hit = _NAME.fullmatch(name)
    return hit is not None and hit[1] not in _SYSTEM and name not in Aem.never


def _with_token(connection: Connection, get: Any) -> Any:
    signed = adobe_ims.sign_in(connection)
    token = signed.token()
    for _ in range(RENEWALS):
        try:
            return get(aem_api.headers_of(connection, token))
        except NeedsPermission:
            token = signed.token(ended=token)
    return get(aem_api.headers_of(connection, token))


def _event(settings: DamSettings, event: Mapping[str, Any]) -> AssetEvent | Ignored:
    """One event. Of everything it says only ids and names of fields are used."""
    native = strict_json.text(event.get("type"), 100)
    kind = EVENTS.get(native.removeprefix(_TYPE)) if native.startswith(_TYPE) else None
    if kind is None:
        return Ignored(event=native or "(no type)", why="It is no event of an asset that is worked on.")
    id, data = adobe_io.event_id(event), event.get("data")
    data = data if isinstance(data, dict) else {}
    asset = strict_json.text(data.get("assetId"))
    if not aem_api.ID.fullmatch(asset):
        return Ignored(event=native, why="It names no asset of AEM.")
    about = data.get("repositoryMetadata")
    at = about.get("repo:repositoryId") if isinstance(about, dict) else None
    if isinstance(at, str) and at.lower() != settings.host:
        # Compared and never called: Adobe's samples send the token to whatever host stands here.
        return Ignored(event=native, why="It is about another AEM environment than the settings name.")
    said = data.get("assetMetadata")
    said = said if isinstance(said, dict) else {}
    changed = _changed(said)
    if kind == "metadata.changed" and _STATUS in changed and said.get(_STATUS) == "approved":
        kind = "asset.approved"
    return AssetEvent(
        id=id,
        kind=kind,
        asset=asset,
        native=native,
        at=adobe_io.when(event.get("time")),
        actor=_actor(settings, data.get("user")),
        changed=changed,
        settle=_SETTLE,
    )


def _changed(said: Mapping[str, Any]) -> tuple[str, ...]:
    """``event:created`` lists new fields; ``event:updated`` maps changed ones to what stood there before."""
    names: dict[str, None] = {}
    for key in ("event:created", "event:updated", "event:deleted"):
        found = said.get(key)
        if isinstance(found, list | dict):
            names.update(dict.fromkeys(name[:200] for name in found if isinstance(name, str)))
    return tuple(names)[:1000]


def _actor(settings: DamSettings, user: object) -> str:
    """Who did it: AEM gives a person three names, and the one the settings know Inlay by counts."""
    if not isinstance(user, dict):
        return ""
    names = [strict_json.text(user.get(name), 300) for name in ("principalId", "imsUserId", "displayName")]
    own = {one.strip().casefold() for one in settings.own_actors}
    return next((one for one in names if one.strip().casefold() in own - {""}), names[0] or names[1])
