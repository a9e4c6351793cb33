"""The simulator: stands in when no model is configured, and says so at the start of every draft.

It does not think. It picks sentences of the inputs that share words with a field's name and description, fits them to
the contract's limits, and asks for what it did not find. The same prompt always gives the same draft.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.domain import Usage
from hub.sdk import Answer, Prompt, clean_json

LABEL = "[Simulated draft – no model is configured]"
SHORT_LABEL = "[Simulated draft]"

_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_WORD = re.compile(r"[^\W\d_]{4,}")
_BULLET = re.compile(r"^[\s•*\-–]+")
_HEADING = re.compile(r"^\w+(?: \w+)?:\s+")
_CLAUSE = re.compile(r"[,;:–]\s+|(?<!\s)\s+(?:and|for|with|in)\s+")
_FALLBACK = "Not in the material."
_PRINTED = re.compile(r"\{\{\s*(\w+)")
# Words of descriptions that say nothing about what a sentence is about.
_COMMON = frozenset(
    {"also", "been", "from", "have", "must", "such", "that", "them", "they", "this", "what", "when", "with"}
)
_COMMON |= {"work", "should", "here", "their", "than", "today"}
# How it should be written, and when it counts, is nothing to write.
_HOW = frozenset({"instruction", "voice", "readers", "language", "day", "calls_to_action"})
# Tags where the material has too few words.
_NO_TAGS = ("simulated", "no model", "not looked at", "to be tagged", "draft", "placeholder")
_PADDING = "Simulated text follows the limits of the template and holds no idea of its own."


class Simulator:
    """A ``Model`` that needs no key and no network. Its answers are labelled, cost nothing and are never measured."""

    name = "simulator"
    simulated = True

    def ask(self, prompt: Prompt) -> Answer:
        """A labelled draft from ``prompt.inputs`` that follows ``prompt.contract``. The messages are not read."""
        text = json.dumps(_Writer.of(prompt).envelope(), ensure_ascii=False)
        return Answer(text=text, usage=Usage(model=self.name, cost_micros=0, calls=1))

    def price_micros(self, input_tokens: int, output_tokens: int) -> int | None:
        """Nothing."""
        return 0


@dataclass(slots=True)
class _Writer:
    inputs: Mapping[str, Any]
    contract: Mapping[str, Any]
    material: str
    sentences: list[str]
    exact: bool = False
    gaps: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, prompt: Prompt) -> _Writer:
        # The longest text is the material; one-line inputs are answers to questions the fields ask by name.
        inputs = clean_json(prompt.inputs)
        texts = [value for name, value in inputs.items() if isinstance(value, str) and name not in _HOW]
        material = max(texts, key=len, default="")
        for limit in prompt.contract.get("limits", ()):
            if limit["rule"] == "figures":
                # Every number has to be a given figure, so nothing is taken from anywhere else.
                lines = [f"{line[:1].upper()}{line[1:]}." for line in inputs.get(limit["input"]) or ()]
                return cls(inputs, prompt.contract, " ".join(lines), lines, exact=True)
        banned = [one for limit in prompt.contract.get("limits", ()) if _bans(limit, None) for one in limit["values"]]
        kept = [one for one in _sentences(material) if not any(word.lower() in one.lower() for word in banned)]
        left = material if len(kept) == len(list(_sentences(material))) else "\n".join(kept)
        return cls(inputs, prompt.contract, left, _prose(material, kept))

    def envelope(self) -> dict[str, Any]:
        variants = []
        for at, fixed in enumerate(self._plan()):
            variants.append(self._variant(fixed, at))
            # The next variant starts from the next sentence, so that no two are the same.
            self.sentences = self.sentences[1:] + self.sentences[:1]
            self.used.clear()
        return {
            "variants": variants,
            "claims": [],
            "disclosures": [],
            "assumptions": [
                "This draft is simulated: its sentences are taken from the inputs and were not thought over."
            ],
            "missing_inputs": list(dict.fromkeys(self.gaps)),
        }

    def _plan(self) -> list[dict[str, str]]:
        # A limit that covers a list input wants one variant for each of its items.
        for limit in self.contract.get("limits", ()):
            if limit["rule"] == "covers" and self.inputs.get(limit["input"]):
                return [{limit["field"]: item} for item in self.inputs[limit["input"]]]
        return [{} for _ in range(self.contract.get("min_variants", 1))]

    def _variant(self, fixed: Mapping[str, str], at: int) -> dict[str, Any]:
        specs: Mapping[str, Any] = self.contract.get("fields", {})
        fields: dict[str, Any] = dict(fixed)
        for name, spec in specs.items():
            if name not in fields and spec["enum"]:
                fields[name] = spec["enum"][0] if spec["type"] == "string" else [spec["enum"][0]]
        labelled = self._labelled(specs, fields)
        apart = {one["field"] for one in self._counting() if one["rule"] == "distinct"} if at else set()
        for name, spec in specs.items():
            if name in fields:
                continue
            mark = f"{chr(97 + at)}) " if name in apart and name != labelled and spec["type"] == "string" else ""
            if mark:
                # Where no two variants may be the same, each begins with a letter of its own.
                spec = {**spec, "maxLength": (spec["maxLength"] or 4000) - len(mark)}
            limits = [limit for limit in self._counting() if _applies(limit, name, fields)]
            banned = [limit for limit in self._counting() if _bans(limit, name)]
            quoted = next((limit["input"] for limit in limits if limit["rule"] == "quotes"), None)
            known = next((one["values"] for one in limits if one["rule"] == "listed" and one["values"]), None)
            offered = next((self.inputs.get(one["input"]) for one in limits if one["rule"] == "chosen"), None)
            if offered:
                most = spec["maxItems"] or max(spec["minItems"], 1)
                fields[name] = list(offered[:most]) if spec["type"] == "array" else offered[0]
            elif known:
                fields[name] = known[0]
            elif quoted is not None:
                passage = self._quote(str(self.inputs.get(quoted, "")), spec)
                fields[name] = [passage] * bool(passage) if spec["type"] == "array" else passage
            elif spec["type"] == "array":
                fields[name] = self._items(name, spec, limits, banned)
            else:
                label = (LABEL, SHORT_LABEL) if labelled == name else ("", "")
                about = "".join(f" {value}:" for value in fixed.values()) if labelled == name else ""
                fields[name] = mark + self._text(name, spec, [*limits, *banned], [part + about for part in label])
        return {name: fields[name] for name in specs}

    def _counting(self) -> list[Mapping[str, Any]]:
        """The limits that count for these inputs."""
        return [one for one in self.contract.get("limits", ()) if not one["given"] or self.inputs.get(one["given"])]

    def _quote(self, source: str, spec: Mapping[str, Any]) -> str:
        """A passage word for word, unlabelled: a label would make it one that stands nowhere."""
        lines = [line for line in source.split("\n") if line.strip()]
        # The first line of a record or a text is its title, and says least.
        line = lines[min(1, len(lines) - 1)] if lines and spec["type"] == "array" else next(iter(lines), "")
        return line.strip()[: spec["maxLength"] or 200].strip()

    def _labelled(self, specs: Mapping[str, Any], fields: Mapping[str, Any]) -> str | None:
        # The label goes to the field that is printed first, so that the text as a whole starts with it.
        printed = [name for name in _PRINTED.findall(self.contract.get("text") or "") if name in specs]
        quoted = {limit["field"] for limit in self.contract.get("limits", ()) if limit["rule"] == "quotes"}
        free = [n for n in [*printed, *specs] if n not in fields and n not in quoted and specs[n]["type"] == "string"]
        return free[0] if free else None

    def _text(
        self, name: str, spec: Mapping[str, Any], limits: Sequence[Mapping[str, Any]], labels: Sequence[str]
    ) -> str:
        chars = min([spec["maxLength"] or 4000, *self._most("chars", limits)])
        words = min([10_000, *self._most("words", limits)])
        tail = "\n".join(value for x in limits if x["rule"] == "must_contain" for value in x["values"])
        link = next((found for x in limits if x["rule"] == "keep_links" for found in self._link(x["input"])), "")
        ending = "\n".join(part for part in (link, tail) if part)
        label = labels[0] if chars >= len(labels[0]) + len(ending) + 18 and words >= 16 else labels[1]
        room = chars - len(label) - len(ending) - 2
        words -= len(label.split()) + len(ending.split())
        body = _fit(_allowed(self._matter(name, spec, room, max(words, 1)), limits), room, max(words, 1))
        if label and body == _FALLBACK and room > len(_PADDING):
            body = _fit(_PADDING, room, max(words, 1))
        if len(body) < spec["minLength"] - len(label) - len(ending):
            body = _fit(f"{body} {_PADDING}", room, max(words, 1))
        return "\n".join(part for part in (" ".join(p for p in (label, body) if p), ending) if part)

    def _most(self, rule: str, limits: Sequence[Mapping[str, Any]]) -> Iterator[int]:
        for limit in limits:
            asked = self.inputs.get(limit["input"]) if limit["input"] else None
            if limit["rule"] == rule:
                yield from (int(most) for most in (limit["max"], asked) if isinstance(most, int | float) and most)

    def _matter(self, name: str, spec: Mapping[str, Any], room: int, words: int) -> str:
        given = self.inputs.get(name)
        if isinstance(given, str) and given.strip() and given != self.material:
            return given
        if len(self.contract.get("fields", {})) <= 2 and self.sentences:
            first = self.material.find(self.sentences[0])
            fits = len(self.material) <= room and len(self.material.split()) <= words
            return self.material[first:] if fits else " ".join(self.sentences)
        if room > 900:
            return " ".join(self.sentences) or _FALLBACK
        best = self._best(name, spec, 1 if room <= 120 else 5 if self.exact else 2)
        if not best and (spec["maxLength"] or room) <= 40:
            return next((text for text in self._lines() if len(text) <= room), _FALLBACK)
        if not best and room <= 150:
            best = self._central()
        if best:
            return " ".join(best)
        if not spec["minLength"]:
            return ""
        self.gaps.append(f"Nothing found for {name.replace('_', ' ')}.")
        return _FALLBACK

    def _items(
        self,
        name: str,
        spec: Mapping[str, Any],
        limits: Sequence[Mapping[str, Any]],
        banned: Sequence[Mapping[str, Any]],
    ) -> list[str]:
        given = self.inputs.get(name)
        least, most = spec["minItems"], spec["maxItems"] or 5
        items = [str(item) for item in given] if isinstance(given, list | tuple) else []
        if name == "tags" and not items:
            words = [word.casefold() for word in re.findall(r"[^\W\d_]{4,}", " ".join(self.sentences))]
            items = [word for word in dict.fromkeys([*words, *_NO_TAGS]) if word not in _COMMON][: max(least, 8)]
        takes = most if items and self.exact else min(most, max(least, 4))
        if not items and "question" in name:
            items = [f"Who can fill this gap? {gap}" for gap in self.gaps]
        items = items or self._best(name, spec, max(least, 3))
        more = [] if self.exact else [*self.sentences, *_clauses(self.sentences)]
        more = [one for one in more if len(one) >= spec["minLength"]]
        items += [one for one in dict.fromkeys(more) if one not in items][: max(least - len(items), 0)]
        items += [_FALLBACK] * (least - len(items))
        items = [_allowed(item, banned) or _FALLBACK for item in [*self._named(limits), *items][:takes]]
        fitted = [_fit(item, spec["maxLength"] or 200, 10_000) for item in items]
        if len(set(fitted)) < len(fitted):
            fitted = [
                _fit(f"{chr(96 + at)}) {item}", spec["maxLength"] or 200, 10_000) for at, item in enumerate(items, 1)
            ]
        return fitted[:most]

    def _named(self, limits: Sequence[Mapping[str, Any]]) -> list[str]:
        """Items that hold what a limit wants mentioned, as often as it wants it."""
        for limit in limits:
            wanted = list(self.inputs.get(limit["input"]) or ()) if limit["rule"] == "mentions" else []
            if wanted:
                return [str(wanted[at % len(wanted)]) for at in range(max(limit["min"], len(wanted)))]
        return []

    def _best(self, name: str, spec: Mapping[str, Any], count: int) -> list[str]:
        """Sentences that share words with the field, those that open with its name first, none taken twice."""
        named, described = set(_words(name.replace("_", " "))), set(_words(spec["description"]))
        scored = []
        for at, sentence in enumerate(self.sentences):
            words = _words(sentence)
            first = set(words[:2])
            score = 2 * len(named & set(words)) + len(described & set(words))
            score += 5 * bool(named & first) + bool(described & first)
            if score >= 2 and sentence not in self.used:
                scored.append((-score, at, sentence))
        best = [sentence for _, _, sentence in sorted(scored)[:count]]
        self.used.update(best)
        heading = re.compile(rf"^{re.escape(name.replace('_', ' '))}\s*:\s*", re.IGNORECASE)
        return [_without(heading, sentence) for sentence in best]

    def _central(self) -> list[str]:
        counts = Counter(word for sentence in self.sentences for word in _words(sentence))
        weights = [
            (sum(counts[word] for word in set(_words(sentence))) / (8 + len(sentence.split())), -at)
            for at, sentence in enumerate(self.sentences)
        ]
        if not weights:
            return []
        best = self.sentences[-max(weights)[1]]
        return [best if self.exact else _without(_HEADING, best)]

    def _lines(self) -> list[str]:
        texts = [
            value
            for name, value in self.inputs.items()
            if isinstance(value, str) and value.strip() and value != self.material and "://" not in value
            if name not in _HOW
        ]
        return sorted(texts, key=len, reverse=True)

    def _link(self, name: str) -> Iterator[str]:
        found = re.search(r"https?://[^\s<>\"')\]]+", str(self.inputs.get(name, "")))
        if found:
            yield found.group().rstrip(".,;:!?")


def _applies(limit: Mapping[str, Any], name: str, fields: Mapping[str, Any]) -> bool:
    return limit["field"] == name and all(fields.get(key) == value for key, value in limit["when"].items())


def _prose(material: str, sentences: list[str]) -> list[str]:
    """The sentences; of a record, which is mostly lines of a label and a value, those that are more than a value."""
    lines = [line for line in material.split("\n") if line.strip()]
    short = [line for line in lines if _HEADING.match(line) and len(line.split()) <= 8]
    if len(lines) < 4 or len(short) * 2 < len(lines):
        return sentences
    told = [_without(_HEADING, one) for one in sentences if not _HEADING.match(one) or len(one.split()) > 8]
    return told or sentences


def _clauses(sentences: Sequence[str]) -> Iterator[str]:
    for sentence in sentences:
        parts = [part.strip(" .") for part in _CLAUSE.split(sentence)]
        yield from (f"{part[:1].upper()}{part[1:]}" for part in parts if len(parts) > 1 and len(part) > 3)


def _bans(limit: Mapping[str, Any], name: str | None) -> bool:
    return limit["rule"] == "must_not_contain" and limit["field"] in {None, name} and limit.get("raise_tier") is None


def _allowed(text: str, limits: Sequence[Mapping[str, Any]]) -> str:
    """The text without what must not stand in it."""
    for value in (value for limit in limits if limit["rule"] == "must_not_contain" for value in limit["values"]):
        text = re.sub(re.escape(value), "", text, flags=re.IGNORECASE)
    return text


def _without(heading: re.Pattern[str], sentence: str) -> str:
    rest = heading.sub("", sentence).strip() or sentence
    return rest[:1].upper() + rest[1:]


def _words(text: str) -> list[str]:
    return [word.lower().removesuffix("s") for word in _WORD.findall(text) if word.lower() not in _COMMON]


def _sentences(text: str) -> Iterator[str]:
    for part in _SENTENCE.split(text[:20_000]):
        sentence = _BULLET.sub("", part).strip()
        if sentence:
            yield sentence


def _fit(text: str, chars: int, words: int) -> str:
    """Whole words of the text within both limits; an ellipsis when something was left out."""
    kept = text.split()
    if len(text) <= chars and len(kept) <= words:
        return text
    whole = " ".join(kept[:words])
    if len(kept) <= words and len(whole) <= chars:
        return whole
    cut = whole[: max(chars - 1, 0)]
    if len(whole) > chars - 1 and " " in cut:
        cut = cut.rsplit(" ", 1)[0]
    cut = cut.rstrip(" ,;:-–")
    # Behind an address the ellipsis would make it another one.
    return cut if "://" in cut.rsplit(" ", 1)[-1] else f"{cut}…"
