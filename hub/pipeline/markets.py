"""Markets: where a request says its text is published, and whether evidence holds there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

#: The inputs that say where a text is published, the first one given counts.
INPUTS = ("market", "country", "region", "locale")
EVERYWHERE = "worldwide"
_SAME = {"uk": "gb", "usa": "us", "world": EVERYWHERE, "global": EVERYWHERE, "eu27": "eu"}
_EU = frozenset("at be bg cy cz de dk ee es fi fr gr hr hu ie it lt lu lv mt nl pl pt ro se si sk".split())  # noqa: SIM905
_LOCALE = re.compile(r"[a-z]{2,3}(?:[-_][a-z]{4})?[-_]([a-z]{2})", re.IGNORECASE)


def market_of(values: Mapping[str, Any]) -> str:
    """The market a request's inputs name, empty when they name none. Of a locale such as de-AT it is the country."""
    for name in INPUTS:
        said = values.get(name)
        if isinstance(said, str) and said.strip():
            found = _LOCALE.fullmatch(said.strip())
            if found is not None:
                return _one(found.group(1))
            if name != "locale":  # A language alone names no market.
                return _one(said)
    return ""


def holds_in(markets: Sequence[str], market: str) -> bool:
    """Whether evidence for these markets holds in this one; evidence for none holds everywhere.

    What holds in the EU holds in each of its countries, and not the other way round. Where nobody said a market,
    everything may be cited; ``proof`` then asks for a reviewer.
    """
    mine = {_one(name) for name in markets}
    if not mine or not market or EVERYWHERE in mine:
        return True
    return market in mine or (market in _EU and "eu" in mine)


def _one(name: str) -> str:
    plain = " ".join(name.split()).casefold()
    return _SAME.get(plain, plain)
