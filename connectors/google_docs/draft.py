"""What a delivery writes into a document: the text as Google Docs keeps it, and the line that says it is a draft."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import dataclass

from connectors.google_docs.document import units
from hub.sdk import BadRequest, Delivery, clean_text

OUT = "inlay:out:"
MARK = "inlay:mark:"
LONGEST_NAME = 256
# Google strips U+0000-0008, U+000C-001F and U+E000-F8FF from inserted text (InsertTextRequest.text). clean_text takes
# the controls; these must go before lengths are counted, or the named range would cover too much.
_PRIVATE_USE = re.compile("[\ue000-\uf8ff]")


@dataclass(frozen=True, slots=True)
class Order:
    """What to write: the text, the line above it or an empty string, and the names of the two named ranges."""

    text: str
    mark: str
    marker: str
    mark_marker: str


@dataclass(frozen=True, slots=True)
class Payload:
    """The text to insert and, in UTF-16 units, its length and how much of it is the line above."""

    text: str
    length: int
    mark_length: int


def order(delivery: Delivery) -> Order:
    """
    Raises:
        BadRequest: nothing is left to write.
    """
    text = _kept(delivery.text).strip("\n")
    if not text.strip():
        raise BadRequest("The draft is empty: there is nothing to write into the document.", who="a lead")
    mark = line(delivery) if delivery.simulated or not delivery.reviewed else ""
    return Order(text, mark, *names(delivery))


def names(delivery: Delivery) -> tuple[str, str]:
    """The names of the ranges around the text and around its line: the delivery's key, then what made the text.

    Everybody who sees the document can read them, and from the key a person reaches the run.
    """
    key = delivery.key
    if not re.fullmatch(r"[!-~]{1,200}", key):
        key = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
    made = delivery.provenance
    by = f" {made['template']}@{made['revision']}" if made.get("template") and made.get("revision") else ""
    # A named range's name holds at most 256 units.
    by = by if by.isascii() and len(MARK) + len(key) + len(by) <= LONGEST_NAME else ""
    return f"{OUT}{key}{by}", f"{MARK}{key}{by}"


def run_of(name: str) -> str | None:
    """The run that made the text under a named range; None where the range is none of ours, or does not tell."""
    kind = next((one for one in (OUT, MARK) if name.startswith(one)), None)
    key = name.removeprefix(kind).partition(" ")[0] if kind else ""
    run, _, number = key.rpartition(".")
    return run if run and number.isdigit() else None


def same(name: str, other: str) -> bool:
    """Whether two names are of one delivery, whatever they say of what made it."""
    return name.partition(" ")[0] == other.partition(" ")[0]


def line(delivery: Delivery) -> str:
    """The line above a draft. It is the same for every call about one delivery, so that it can be found and cleared."""
    run = " ".join(_kept(delivery.run_id).split())
    if delivery.simulated:
        return f"[Simulated draft, no model is connected · Inlay run {run}]"
    return f"[AI draft, not reviewed · Inlay run {run}]"


def grew_from(text: str, written: str) -> bool:
    """Whether a text is what was written, or may have become of it by a person's hand: it shares most with it.

    Runs of five characters are compared, so that it works in every language and takes no longer for long texts; they
    are counted against the shorter text, because a draft that was cut down to one sentence is that draft still.
    """
    if text == written:
        return True
    one, two = _runs(text), _runs(written)
    return (one & two).total() * 2 > min(one.total(), two.total()) > 0


def _runs(text: str, length: int = 5) -> Counter[str]:
    plain = " ".join(text.split()).casefold()
    return Counter(plain[at : at + length] for at in range(max(1, len(plain) - length + 1)) if plain)


def payload(order: Order, *, newline_after_mark: bool) -> Payload:
    """The line and the text. Inside a sentence the line is followed by a space, so that the paragraph stays one."""
    mark = order.mark + ("\n" if newline_after_mark else " ") if order.mark else ""
    return Payload(mark + order.text, len(units(mark + order.text)), len(units(mark)))


def _kept(text: str) -> str:
    return _PRIVATE_USE.sub("", clean_text(text))
