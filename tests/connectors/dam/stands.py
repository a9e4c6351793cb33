"""The sandboxes as the connector contract wants them: one stand for every vendor."""

from __future__ import annotations

from typing import Any, ClassVar

from connectors.dam import marks
from connectors.dam.asset import SLOTS
from connectors.dam.sandbox import start
from connectors.dam.sandbox_store import PERSON, Asset, Gone
from connectors.dam.slots import digest
from hub.sdk import Json
from hub.testing.connector_contract import Stand
from tests.connectors.dam import images

#: Of another year: none of the items that are counted.
LONG_AGO = 1_700_000_000.0


class DamStand(Stand):
    """A sandbox. Each target is an asset of its own; what a person sees there are its texts."""

    dialect: ClassVar[str]
    #: The asset the fixtures are about, and what a write is called by.
    asset: ClassVar[str]
    write: ClassVar[str]

    def __init__(self) -> None:
        self.sandbox = start(dialect=self.dialect, sample=False)
        now, self.store.clock = self.store.clock, lambda: LONG_AGO
        self.store.add("lantern.png", images.png(), "image/png", folder=self.vendor.home, id=self.asset, quiet=True)
        self.store.clock = now

    @property
    def store(self) -> Any:
        return self.sandbox.store

    @property
    def vendor(self) -> Any:
        return self.sandbox.vendor

    def field(self, slot: str) -> str:
        """Where this vendor's store keeps a slot."""
        return self.vendor.shows[slot]

    def settings(self, key: str, previous: str = "") -> dict[str, Any]:
        return {
            **self.sandbox.settings(),
            "signing_secret": secret(key),
            "signing_secret_previous": secret(previous) if previous else None,
            "starts": {"asset.ready": ["contract-text"]},
        }

    def place(self, text: str) -> Json:
        fields = {self.field("description"): text}
        made = self.store.add(
            "a-place.png", images.png(), "image/png", folder=self.vendor.home, fields=fields, quiet=True
        )
        return {"asset": made.id}

    def shown(self, at: Json) -> str:
        try:
            asset = self.store.get(at["asset"])
        except Gone:
            return ""
        said = []
        for slot in SLOTS:
            value = self._value(asset, slot)
            text = value if isinstance(value, str) else ", ".join(value)
            # Whoever looks wants to know what still waits for a review.
            if slot != "mark" and text and (slot != "review" or text.startswith("Not reviewed")):
                said.append(text)
        return "\n".join(said)

    def effects(self, key: str) -> int:
        return len(self._of(key))

    def calls(self) -> int:
        return len(self.sandbox.journal.entries())

    def edit(self, key: str) -> None:
        ((asset, slots),) = self._of(key)
        changed = f"{self._value(asset, slots[0])} by a person"
        self.store.change(asset.id, {self.field(slots[0]): changed}, by=PERSON)

    def remove(self, key: str) -> None:
        ((asset, slots),) = self._of(key)
        self.store.change(asset.id, {self.field(slot): None for slot in slots}, by=PERSON)

    def delete(self, at: Json) -> None:
        self.store.delete(at["asset"])

    def lose_reply(self) -> None:
        self.sandbox.faults.add("drop-after-commit", on=self.write)

    def busy(self) -> None:
        self.sandbox.faults.add("429", times=None)

    def expire(self) -> None:
        self.sandbox.faults.clear()
        self.sandbox.faults.add("expired-token", times=None)

    def make_item(self) -> None:
        self.store.add("made-by-a-person.png", images.png(), "image/png", folder=self.vendor.home, quiet=True)

    def stop(self) -> None:
        self.sandbox.stop()

    def _value(self, asset: Asset, slot: str) -> Any:
        return asset.fields.get(self.field(slot)) or "" if slot in self.vendor.shows else ""

    def _of(self, key: str) -> list[tuple[Asset, list[str]]]:
        """The assets this delivery stands on, with the slots where its text still is."""
        found = []
        for asset in self.store.every():
            entry = marks.of(marks.read(self._mark(asset)), key)
            slots = [slot for slot in entry.wrote if self._stands(asset, slot, entry)] if entry else []
            if slots:
                found.append((asset, slots))
        return found

    def _mark(self, asset: Asset) -> Any:
        return asset.fields.get(self.vendor.shows.get("mark", self.mark), "")

    #: Where the note stands where the page does not show it.
    mark: ClassVar[str] = ""

    def _stands(self, asset: Asset, slot: str, entry: marks.Entry) -> bool:
        value = self._value(asset, slot)
        return digest(tuple(value) if isinstance(value, list) else value) == entry.wrote[slot].digest


def secret(key: str) -> str:
    """A secret of the length the settings want, made of what the contract signs with."""
    return key.ljust(24, "0")
