"""The people of a storm over a DAM: they edit and replace what the hub writes about, before, after and meanwhile."""

from __future__ import annotations

import random
import re
import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from connectors.dam.sandbox_aem import AemVendor
from connectors.dam.sandbox_canvas import Canvas
from connectors.dam.sandbox_store import HUB, PERSON, AssetStore
from connectors.dam.sandbox_vendor import Answer, Call

#: Every so many writes of the hub meet a person who was a moment faster; every so many turns somebody replaces a file.
MEETS, REPLACES = 6, 3
_PATCHED = re.compile(r"/adobe/assets/([^/]+)/metadata")


@dataclass(slots=True)
class Crowd:
    """Each asset is edited once at most, and none that was edited gets another file."""

    store: AssetStore
    alt_text: str
    seed: int = 0
    #: What was written, by asset; the assets with another file.
    words: dict[str, str] = field(default_factory=dict)
    replaced: set[str] = field(default_factory=set)
    _dice: random.Random = field(default_factory=random.Random)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    #: How many edits came between the hub's look and its write.
    met: int = 0
    _turns: int = 0
    _patches: int = 0
    _other: bytes = field(default_factory=lambda: Canvas(32, 16).png())

    def turn(self, assets: Sequence[str]) -> None:
        """Somebody edits an asset that just came, somebody else one the hub wrote about; now and then a file is
        replaced, of one kind or the other."""
        with self._lock:
            self._turns += 1
            written = {one.asset.id for one in self.store.history if one.by == HUB}
            for wrote in (False, True):
                if some := self._free(assets, written if wrote else set(assets) - written):
                    self.edit(self._dice.choice(some[-10:]))
            if self._turns % REPLACES == 0 and (some := self._free(assets, written) or self._free(assets, assets)):
                self.replaced.add(some[-1])
                self.store.replace(some[-1], self._other, by=PERSON)

    def _free(self, assets: Sequence[str], among: Collection[str]) -> list[str]:
        return [id for id in assets if id in among and id not in self.words and id not in self.replaced]

    def edit(self, id: str) -> None:
        with self._lock:
            if id not in self.words:
                self.words[id] = f"A person's own words, number {len(self.words)}."
                self.store.change(id, {self.alt_text: self.words[id]}, by=PERSON)

    def before(self, call: Call) -> None:
        """What people do between the hub's look at an asset and its write."""
        hit = _PATCHED.fullmatch(call.path) if call.method == "PATCH" else None
        with self._lock:
            self._patches += hit is not None
            if hit and self._patches % MEETS == 0 and hit[1] not in self.words:
                self.met += 1
                self.edit(hit[1])


class CrowdedVendor(AemVendor):
    """AEM with a crowd at work."""

    def __init__(self, store: AssetStore) -> None:
        super().__init__(store)
        self.crowd = Crowd(store, self.shows["alt_text"])

    def answer(self, call: Call) -> Answer:
        self.crowd.before(call)
        return super().answer(call)
