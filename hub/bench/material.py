"""What the bench works on: texts of a given length that differ every time, an answer that fits, an organisation."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
from collections.abc import Iterator
from importlib import resources
from typing import Any

from hub.domain import Actor, Request, Role

TEMPLATE = "rewrite-in-brand-voice"
TEAM = "bench"
LENGTH = 2000
#: A person in each thousand characters, as a customer's letter holds them. All made up; the numbers are reserved ones.
PEOPLE = (
    "Please call me on +49 30 901820 or write to lena.sommer@example.com. ",
    "The account is DE89 3704 0044 0532 0130 00, and the card was 4111 1111 1111 1111. ",
)
_WORDS = [
    "the",
    "garden",
    "is",
    "open",
    "from",
    "early",
    "spring",
    "until",
    "the",
    "first",
    "frost",
    "and",
    "visitors",
    "find",
    "a",
    "quiet",
    "place",
    "to",
    "sit",
    "under",
    "old",
    "trees",
    "where",
    "birds",
    "sing",
    "all",
    "morning",
    "while",
    "the",
    "team",
    "prepares",
    "bread",
    "soup",
    "and",
    "fresh",
    "salad",
    "from",
    "what",
    "grows",
    "behind",
    "the",
    "house",
    "people",
    "come",
    "back",
    "because",
    "nobody",
    "hurries",
    "them",
    "and",
    "every",
    "season",
    "smells",
    "of",
    "something",
    "else",
]
_numbers = itertools.count()


def text(length: int = LENGTH, personal: bool = False) -> str:
    """A text of exactly ``length`` characters that no call gave before."""
    number = next(_numbers)
    start = number % len(_WORDS)
    words = [_name(number), *itertools.islice(itertools.cycle(_WORDS), start, start + length)]
    sentences: list[str] = []
    size = 0
    for at in range(0, len(words), 14):
        sentence = " ".join(words[at : at + 14]).capitalize() + ". "
        if personal and at // 14 % 10 == 3:
            sentence = PEOPLE[at // 140 % len(PEOPLE)]
        sentences.append(sentence)
        size += len(sentence)
        if size > length:
            break
    return "".join(sentences)[: length - 1] + "."


def answer() -> str:
    """What the fake model answers: it fits the contract of ``TEMPLATE`` and holds no number of its own."""
    copy = "Come in and sit down. The garden is open, the bread is fresh, and nobody hurries you. " * 5
    empty: dict[str, Any] = {"claims": [], "disclosures": [], "assumptions": [], "missing_inputs": []}
    return json.dumps({"variants": [{"text": copy.strip()}], **empty})


def requests(prefix: str, length: int = LENGTH) -> Iterator[Request]:
    """Requests without end, each with a key and a text of its own."""
    for number in itertools.count():
        yield Request(
            key=f"{prefix}-{number}",
            team=TEAM,
            template=TEMPLATE,
            inputs={"text": text(length)},
            actor=Actor(person="bench@example.com", role=Role.MEMBER, via="bench"),
        )


def part(name: str) -> str:
    """A file that ships with the bench."""
    return resources.files("hub.bench").joinpath(name).read_text(encoding="utf-8")


def secret(token: str) -> str:
    """What the bench's signed webhooks are signed with: the base64 of 32 bytes."""
    return base64.b64encode(hashlib.sha256(token.encode()).digest()).decode()


def environ(token: str) -> dict[str, str]:
    """What the references of ``hub.yaml`` stand for."""
    return {"BENCH_TOKEN": token, "BENCH_SIGNING_SECRET": f"whsec_{secret(token)}"}


def _name(number: int) -> str:
    """A number in letters, so that a text is new without holding a digit."""
    letters = ""
    while True:
        number, rest = divmod(number, 26)
        letters += chr(97 + rest)
        if not number:
            return f"note{letters}"
