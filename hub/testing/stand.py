"""A stand: one running stand-in of a vendor, and what the connector contract must do to it and see in it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from hub.sdk import Json


class Stand(ABC):
    """A connector's tests write one, around the connector's sandbox. It listens on 127.0.0.1; each test gets its own.

    ``at`` is a target as the connector knows it, ``key`` a delivery's key.
    """

    def secret(self, key: str) -> str:
        """What a key of the contract looks like in the settings. Override it where a secret has a form of its own."""
        return key

    @abstractmethod
    def settings(self, key: str, previous: str = "") -> dict[str, Any]:
        """What an admin fills in to connect to this stand-in, secrets as plain strings.

        Args:
            key: proves the sender of webhooks.
            previous: the key before it, still accepted; empty when there is none.
        """

    @abstractmethod
    def place(self, text: str) -> Json:
        """A new target, of its own, whose text is this."""

    @abstractmethod
    def shown(self, at: Json) -> str:
        """Everything a person sees at the target: its text, drafts, marks."""

    @abstractmethod
    def effects(self, key: str) -> int:
        """How many effects of the delivery stand in the vendor's system."""

    @abstractmethod
    def calls(self) -> int:
        """How many calls have reached the vendor so far."""

    @abstractmethod
    def edit(self, key: str) -> None:
        """A person changes the text the delivery left."""

    @abstractmethod
    def remove(self, key: str) -> None:
        """A person deletes what the delivery left."""

    @abstractmethod
    def delete(self, at: Json) -> None:
        """The target goes away for good."""

    @abstractmethod
    def lose_reply(self) -> None:
        """The next write takes effect, and its answer never arrives."""

    @abstractmethod
    def busy(self) -> None:
        """From now on every call is refused for being one too many."""

    @abstractmethod
    def expire(self) -> None:
        """From now on the connection's credentials are no longer accepted."""

    def make_item(self) -> None:
        """A person makes one item of the kind the contract's ``counts`` names. Needed only where that names one."""
        raise AssertionError("the contract names a kind of item in counts, so the stand says how one is made")

    @abstractmethod
    def stop(self) -> None:
        """Nobody answers any more. Harmless the second time."""
