"""A DAM for the tests of what is the same for all of them: a dialect over assets in memory, as poor as asked."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from connectors.dam import dialects
from connectors.dam.asset import SLOTS, Asset, AssetEvent, Page, Polled, Value
from connectors.dam.dialect import Dialect
from connectors.dam.proof import unproven
from connectors.dam.sandbox_store import HUB, AssetStore, Gone
from connectors.dam.settings import DamSettings
from connectors.dam.strict_json import bad, read
from hub.sdk import (
    Conflict,
    Connection,
    Delivery,
    GuardedHttp,
    Ignored,
    Inbound,
    Json,
    Picture,
    Probe,
    Receipt,
    Secret,
    Target,
    Unavailable,
)

KEY = "what-the-shelf-signs-with"


@dataclass(slots=True)
class Trouble:
    """What goes wrong next: ``lose`` answers are lost after their write; ``between`` happens before a write lands."""

    lose: int = 0
    between: Callable[[], None] | None = None
    late: int = 0
    #: Writes end after so many fields, and say so.
    half: int = 0


class Shelf(Dialect):
    """``etags`` says whether writes are conditional, ``lag`` whether they show late."""

    name = "shelf"
    title = "Shelf"
    takes = ("signing_secret",)
    never = frozenset({"isPublic"})
    fields = {slot: f"x:{slot}" for slot in SLOTS}

    def __init__(self, store: AssetStore, *, etags: bool = True, lag: float = 0.0, **limits: Any) -> None:
        self.store, self.etags, self.trouble = store, etags, Trouble()
        self.lag = lag
        self.slowly = False
        for name, value in limits.items():
            setattr(self, name, value)
        self.calls: list[str] = []
        self.confirmed: list[str] = []
        self.shown_to_models: Picture | None = None
        self.file: bytes | None = None
        self.kept: list[AssetEvent | Ignored] = []
        self.acknowledged: list[Json] = []
        self._waiting: list[tuple[str, dict[str, Any]]] = []

    def hosts(self, settings: DamSettings) -> frozenset[str]:
        return frozenset({"shelf.example"})

    def verify(self, connection: Connection, request: Inbound, now: float) -> None:
        secret = connection.settings.signing_secret
        made = hmac.new(secret.reveal().encode(), request.body, "sha256").hexdigest() if secret else ""
        if not hmac.compare_digest(made, request.headers["x-shelf"]):
            raise unproven("signature")

    def parse(self, connection: Connection, body: bytes) -> Sequence[AssetEvent | Ignored]:
        said = read(body)
        if not isinstance(said, dict):
            raise bad("it is no object")
        return [AssetEvent(**{**one, "changed": tuple(one.get("changed", ()))}) for one in said["events"]]

    def confirm(self, connection: Connection, event: AssetEvent) -> None:
        self.confirmed.append(str(event.extra["token"]))

    def fetch(self, connection: Connection, ids: Sequence[str]) -> Mapping[str, Asset]:
        self.calls.append("fetch")
        self._land()
        found: dict[str, Asset] = {}
        for id in ids:
            try:
                found[id] = self.asset(id)
            except Gone:
                continue
        return found

    def asset(self, id: str) -> Asset:
        """The asset as it stands."""
        one = self.store.get(id)
        return Asset(
            id=one.id,
            version=str(one.version),
            name=one.name,
            folder=one.folder,
            mime=one.mime,
            size=len(one.data),
            width=one.width,
            height=one.height,
            status=one.status,
            fields={name: tuple(v) if isinstance(v, list) else v for name, v in one.fields.items()},
            etag=str(one.revision) if self.etags else "",
            created_at=one.created_at,
            modified_at=one.modified_at,
            modified_by=one.modified_by,
        )

    def picture(self, connection: Connection, asset: Asset) -> Picture | None:
        return self.shown_to_models

    def original(self, connection: Connection, asset: Asset) -> bytes | None:
        return self.file

    def write(self, connection: Connection, asset: Asset, changes: Mapping[str, Value]) -> None:
        self.calls.append("write")
        if self.trouble.half:
            changes = {name: changes[name] for name in list(changes)[: self.trouble.half]}
        if self.trouble.between is not None:
            happens, self.trouble.between = self.trouble.between, None
            happens()
        said = {name: (list(v) if isinstance(v, tuple) else v) or None for name, v in changes.items()}
        if self.trouble.late:
            self._waiting.append((asset.id, said))
            return
        try:
            self.store.change(asset.id, said, by=HUB, revision=int(asset.etag) if asset.etag else None)
        except ValueError:
            raise Conflict("changed meanwhile") from None
        if self.trouble.half and len(changes) == self.trouble.half:
            raise Unavailable("it ended halfway")
        if self.trouble.lose:
            self.trouble.lose -= 1
            raise Unavailable("the answer was lost")

    def changed(self, connection: Connection, since: float, cursor: Mapping[str, object]) -> Page:
        some = [one for one in reversed(self.store.every()) if one.modified_at >= since]
        at = int(str(cursor.get("at", 0)))
        page = [self.asset(one.id) for one in some[at : at + 2]]
        return Page(assets=tuple(page), cursor={"at": at + 2}, more=at + 2 < len(some))

    def at_once(self, changes: Mapping[str, Value]) -> bool:
        return not self.slowly

    def polls_every(self, settings: DamSettings) -> float:
        return 5.0 if self.kept or self.acknowledged else 0.0

    def poll(self, connection: Connection, cursor: Json) -> Polled:
        self.acknowledged.append(cursor)
        events, self.kept = tuple(self.kept), []
        return Polled(events=events, cursor={"ack": [one.id for one in events if isinstance(one, AssetEvent)]})

    def created(self, connection: Connection, since: float, until: float) -> tuple[str, ...]:
        return tuple(one.id for one in self.store.every() if since <= one.created_at < until)

    def probes(self, connection: Connection) -> Sequence[Probe]:
        return [Probe(id="account", ok=True, what="The shelf is there")]

    def page(self, settings: DamSettings, asset: str) -> str:
        return f"https://shelf.example/{asset}"

    def _land(self) -> None:
        """What was taken note of is done once it has been asked for often enough."""
        if self.trouble.late:
            self.trouble.late -= 1
        if not self.trouble.late:
            for id, said in self._waiting:
                self.store.change(id, said, by=HUB)
            self._waiting.clear()


@dataclass(slots=True)
class Desk:
    """A connection to a shelf, and the shelf."""

    shelf: Shelf
    connection: Connection
    numbers: list[int] = field(default_factory=list)

    def add(self, folder: str = "/brand", **fields: Any) -> str:
        """A new asset, and its id; fields are named by slot."""
        named = {f"x:{slot}": value for slot, value in fields.items()}
        return self.shelf.store.add("lantern.jpg", b"jpeg", "image/jpeg", folder=folder, fields=named).id

    def person(self, asset: str, **fields: Any) -> None:
        """A person sets fields, named by slot; None empties one."""
        named = {f"x:{slot}": value for slot, value in fields.items()}
        self.shelf.store.change(asset, named, by="mika@example.com")

    def shows(self, asset: str, slot: str) -> Any:
        return self.shelf.store.get(asset).fields.get(f"x:{slot}", "")

    def delivery(self, asset: str, *, text: str = "", key: str = "", only: Sequence[str] = (), **more: Any) -> Delivery:
        """Fields of the draft are given as ``fields``; without any the whole text is meant."""
        self.numbers.append(1)
        key = key or f"run{len(self.numbers)}.1"
        at = {"asset": asset, **({"only": list(only)} if only else {})}
        run = key.partition(".")[0]
        return Delivery(key=key, run_id=run, target=Target(connection="dam", at=at), text=text or "text", **more)


@cache
def _nowhere() -> GuardedHttp:
    return GuardedHttp({"shelf.example"})


def desk(store: AssetStore | None = None, settings: Mapping[str, Any] | None = None, **shelf: Any) -> Desk:
    """A desk before a new shelf. The test's ``shelves`` fixture has to be in use."""
    made = Shelf(store or AssetStore(), **shelf)
    dialects.every()["shelf"] = made
    given = {"dialect": "shelf", "signing_secret": Secret(KEY), **(settings or {})}
    filled = DamSettings.model_validate(given)
    return Desk(made, Connection(name="dam", settings=filled, http=_nowhere(), sandbox=True))


def event(**said: Any) -> dict[str, Any]:
    """An event as the shelf sends it."""
    return {"id": "e1", "kind": "asset.ready", "asset": "a1", "native": "shelf.ready", **said}


def sent(*events: dict[str, Any], key: str = KEY, **headers: str) -> Inbound:
    """A signed webhook with these events."""
    body = json.dumps({"events": events}).encode()
    made = hmac.new(key.encode(), body, "sha256").hexdigest()
    return Inbound(method="POST", path="/in/dam", headers={"x-shelf": made, **headers}, query={}, body=body)


def detail(receipt: Receipt) -> str:
    """What a receipt tells people."""
    return str(receipt.detail.get("note", ""))
