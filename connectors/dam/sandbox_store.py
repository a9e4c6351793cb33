"""The assets of a sandbox DAM, in memory: what every dialect's half of the sandbox reads, changes and tells about."""

from __future__ import annotations

import copy
import itertools
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

PERSON, HUB = "mika.lindqvist@sommerlicht.example", "inlay"


@dataclass(slots=True)
class Asset:
    """One asset. ``version`` counts its binaries; ``revision`` counts every change. ``fields`` are the vendor's own."""

    id: str
    name: str
    folder: str
    mime: str
    data: bytes = field(repr=False)
    width: int = 0
    height: int = 0
    version: int = 1
    revision: int = 1
    status: Literal["draft", "approved", "rejected"] = "draft"
    fields: dict[str, Any] = field(default_factory=dict)
    created_at: float = 0.0
    modified_at: float = 0.0
    created_by: str = PERSON
    modified_by: str = PERSON


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to an asset: a copy of it as it was then, the old values of what changed, and who did it."""

    number: int
    kind: Literal["created", "ready", "replaced", "metadata", "approved", "deleted"]
    asset: Asset
    before: Mapping[str, Any]
    by: str
    at: float


class Gone(KeyError):
    """There is no such asset."""


class AssetStore:
    """Every method is one step under a lock; listeners are told after it, in the order the steps were taken."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self._lock = threading.RLock()
        self._assets: dict[str, Asset] = {}
        self._numbers = itertools.count(1)
        self._listeners: list[Callable[[Change], None]] = []
        #: Names a new asset; a vendor whose ids have a form of their own sets another.
        self.new_id: Callable[[], str] = lambda: str(uuid.uuid4())
        #: Every change there was, for tests that count.
        self.history: list[Change] = []

    def listen(self, listener: Callable[[Change], None]) -> None:
        """Call it with every change from now on. It must not block."""
        self._listeners.append(listener)

    def every(self) -> list[Asset]:
        """A copy of each, the newest first."""
        with self._lock:
            return [copy.deepcopy(one) for one in reversed(self._assets.values())]

    def get(self, id: str) -> Asset:
        """A copy.

        Raises:
            Gone: it is not there.
        """
        with self._lock:
            return copy.deepcopy(self._find(id))

    def add(
        self,
        name: str,
        data: bytes,
        mime: str,
        *,
        folder: str = "/",
        by: str = PERSON,
        id: str = "",
        width: int = 0,
        height: int = 0,
        fields: Mapping[str, Any] | None = None,
        quiet: bool = False,
        at: float | None = None,
    ) -> Asset:
        """A new asset, and the changes ``created`` and ``ready``; ``quiet`` tells nobody. ``at`` is when it was added,
        in Unix seconds, if not now."""
        with self._lock:
            now = self.clock() if at is None else at
            asset = Asset(
                id=id or self.new_id(),
                name=name,
                folder=folder,
                mime=mime,
                data=data,
                width=width,
                height=height,
                fields=dict(fields or {}),
                created_at=now,
                modified_at=now,
                created_by=by,
                modified_by=by,
            )
            self._assets[asset.id] = asset
            if not quiet:
                self._tell("created", asset, {}, by)
                self._tell("ready", asset, {}, by)
            return copy.deepcopy(asset)

    def change(self, id: str, fields: Mapping[str, Any], *, by: str, revision: int | None = None) -> Asset:
        """Set fields; None removes one. Nothing happens and nobody is told when they stand so already.

        Raises:
            Gone: it is not there.
            ValueError: it is not at this revision any more.
        """
        with self._lock:
            asset = self._find(id)
            if revision is not None and revision != asset.revision:
                raise ValueError("another revision")
            before = {name: asset.fields.get(name) for name, value in fields.items() if asset.fields.get(name) != value}
            for name in before:
                if fields[name] is None:
                    asset.fields.pop(name, None)
                else:
                    asset.fields[name] = copy.deepcopy(fields[name])
            if before:
                self._touch(asset, by)
                self._tell("metadata", asset, before, by)
            return copy.deepcopy(asset)

    def approve(
        self, id: str, *, by: str = PERSON, status: Literal["draft", "approved", "rejected"] = "approved"
    ) -> Asset:
        """Set its status; ``approved`` is told as that, any other as changed metadata."""
        with self._lock:
            asset = self._find(id)
            if asset.status != status:
                before, asset.status = {"status": asset.status}, status
                self._touch(asset, by)
                self._tell("approved" if status == "approved" else "metadata", asset, before, by)
            return copy.deepcopy(asset)

    def replace(self, id: str, data: bytes, *, by: str = PERSON) -> Asset:
        """Another binary for the same asset."""
        with self._lock:
            asset = self._find(id)
            asset.data, asset.version = data, asset.version + 1
            self._touch(asset, by)
            self._tell("replaced", asset, {}, by)
            return copy.deepcopy(asset)

    def delete(self, id: str, *, by: str = PERSON) -> None:
        with self._lock:
            asset = self._find(id)
            del self._assets[id]
            self._tell("deleted", asset, {}, by)

    def _find(self, id: str) -> Asset:
        if id not in self._assets:
            raise Gone(id)
        return self._assets[id]

    def _touch(self, asset: Asset, by: str) -> None:
        asset.revision += 1
        asset.modified_at, asset.modified_by = self.clock(), by

    def _tell(self, kind: Any, asset: Asset, before: Mapping[str, Any], by: str) -> None:
        change = Change(next(self._numbers), kind, copy.deepcopy(asset), before, by, self.clock())
        self.history.append(change)
        for listener in self._listeners:
            listener(change)
