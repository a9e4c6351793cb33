"""Inlay's own note on an asset, in its field for the slot ``mark``: which delivery wrote what.

It proves a write whose answer was lost, tells what Inlay wrote from what a person did, and keeps what undoing needs. It
stands in the DAM, where people can write it too: whatever does not read as a note is none.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from connectors.dam.asset import Value
from connectors.dam.slots import digest

#: Runs an asset remembers at most, and characters of a note in a field without a limit of its own.
_MOST, _LONGEST = 12, 16_000
Review = Literal["no", "yes", "free"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrote:
    """One value as it was written: its digest, and what stood there before, which was Inlay's own or nothing."""

    digest: str
    before: Value = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What one delivery left. ``binary`` is a digest of the asset's version then. ``reviewed`` is ``no`` until somebody
    reviewed it, ``free`` where nobody has to. ``kept`` says whether all that undoing needs is still in the note, and
    ``done`` whether all was written: some vendors take several calls for it."""

    key: str
    run: str
    binary: str
    reviewed: Review
    wrote: Mapping[str, Wrote]
    kept: bool = True
    done: bool = True


def read(value: Value) -> tuple[Entry, ...]:
    """The entries of a note, the oldest first; none where it is no note."""
    if not isinstance(value, str) or len(value) > 4 * _LONGEST:
        return ()
    try:
        found = json.loads(value)
        return tuple(_entry(one) for one in found["inlay"][-_MOST:])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return ()


def written(entries: Sequence[Entry], longest: int = 0) -> str:
    """The note, within so many characters: the oldest give up what undoing them needs first, then themselves. Empty for
    no entries, and where not even the newest fits."""
    some, room = list(entries[-_MOST:]), longest or _LONGEST
    for number, entry in enumerate(some):
        if len(_text(some)) <= room:
            break
        if any(one.before for one in entry.wrote.values()):
            light = {slot: Wrote(digest=one.digest) for slot, one in entry.wrote.items()}
            some[number] = replace(entry, wrote=light, kept=False)
    while some and len(_text(some)) > room:
        del some[0]
    return _text(some) if some else ""


def of(entries: Sequence[Entry], key: str) -> Entry | None:
    """What a delivery left, if the note knows it."""
    return next((one for one in reversed(entries) if one.key == key), None)


def owner(entries: Sequence[Entry], slot: str, value: Value) -> Entry | None:
    """Whose value it is, the newest first; None when a person wrote or changed it."""
    said = digest(value)
    return next((one for one in reversed(entries) if slot in one.wrote and one.wrote[slot].digest == said), None)


def with_entry(entries: Sequence[Entry], entry: Entry) -> tuple[Entry, ...]:
    return (*(one for one in entries if one.key != entry.key), entry)


def without(entries: Sequence[Entry], key: str) -> tuple[Entry, ...]:
    return tuple(one for one in entries if one.key != key)


def _text(entries: Sequence[Entry]) -> str:
    plain = [
        {
            "k": one.key,
            **({} if one.key.startswith(f"{one.run}.") else {"r": one.run}),
            "b": one.binary,
            "w": one.reviewed,
            "s": {slot: [it.digest, it.before] if it.before else [it.digest] for slot, it in one.wrote.items()},
            **({} if one.kept else {"x": 1}),
            **({} if one.done else {"p": 1}),
        }
        for one in entries
    ]
    return json.dumps({"inlay": plain}, ensure_ascii=False, separators=(",", ":"))


def _entry(plain: Mapping[str, Any]) -> Entry:
    return Entry(
        key=_str(plain["k"]),
        run=_str(plain.get("r", plain["k"].partition(".")[0])),
        binary=_str(plain["b"]),
        reviewed=plain["w"] if plain["w"] in ("no", "yes", "free") else "no",
        wrote={
            _str(slot): Wrote(digest=_str(pair[0]), before=_value(pair[1]) if len(pair) > 1 else "")
            for slot, pair in plain["s"].items()
        },
        kept="x" not in plain,
        done="p" not in plain,
    )


def _str(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _value(value: Any) -> Value:
    return tuple(_str(one) for one in value) if isinstance(value, list) else _str(value)
