"""Blackout: a person's address and name found in stored values, and covered character by character, so that whatever
points at places in a text still points at the same ones."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_core import from_json, to_json

COVER = "•"


class Blackout:
    """Finds and covers a few wordings.

    Args:
        wordings: an address, a name. Each counts in any case and as a whole only: ann@example.com is not joann's.
    """

    def __init__(self, wordings: Sequence[str]) -> None:
        self.wordings = tuple(wordings)
        self._folded = [wording.casefold() for wording in wordings]
        whole = "|".join(re.escape(wording) for wording in sorted(wordings, key=len, reverse=True))
        self._pattern = re.compile(rf"(?<![\w.+-])(?:{whole})(?![\w-]|\.\w)", re.IGNORECASE)
        self._in_a_key = re.compile(rf"(?<![\w.+])(?:{whole})(?!\w|\.\w)", re.IGNORECASE)

    def may_stand_in(self, text: str | None) -> bool:
        """False when it surely does not: a quick look at a stored text."""
        if not text:
            return False
        folded = text.casefold()
        return any(wording in folded for wording in self._folded)

    def stands_in(self, value: Any) -> bool:
        """Whether one of them stands in any text of a JSON value, keys included."""
        if isinstance(value, str):
            return self._pattern.search(value) is not None
        if isinstance(value, Mapping):
            return any(self.stands_in(key) or self.stands_in(inner) for key, inner in value.items())
        return isinstance(value, list | tuple) and any(self.stands_in(inner) for inner in value)

    def stands_in_key(self, key: str) -> bool:
        """Whether one stands in a name a program made up, where hyphens join words."""
        return self._in_a_key.search(key) is not None

    def covered(self, value: Any) -> Any:
        """The value with each of them covered."""
        if isinstance(value, str):
            return self._pattern.sub(lambda found: COVER * len(found.group()), value)
        if isinstance(value, Mapping):
            return {self.covered(key): self.covered(inner) for key, inner in value.items()}
        return [self.covered(inner) for inner in value] if isinstance(value, list | tuple) else value

    def covered_json(self, stored: str) -> str:
        """The same of a stored JSON text; of one that is no JSON as text."""
        try:
            value = from_json(stored)
        except ValueError:
            return self.covered(stored)
        return to_json(self.covered(value)).decode()

    def stands_in_json(self, stored: str | None) -> bool:
        """Whether one stands in a stored JSON text."""
        if stored is None or not self.may_stand_in(stored):
            return False
        try:
            return self.stands_in(from_json(stored))
        except ValueError:
            return self.stands_in(stored)
