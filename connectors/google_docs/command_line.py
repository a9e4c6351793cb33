"""Reads a line such as ``/ai shorten 50 words``: which template it names, and what it fills its inputs with. Pure.

The words after ``/ai`` name a template. A number with its unit, a choice and ``; name = value`` fill its inputs, what
is left goes to the one text that can be meant. What stands after a colon is the material; only a colon right behind the
name of an input stands for ``=``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hub.sdk import BadRequest, Json, clean_text

#: The most characters before the colon.
LONGEST = 1000
# Marks of writing direction, joiners and soft hyphens, which editors and keyboards put in unseen.
_UNSEEN = "[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
# A slash as typed, full-width, or as autocorrection makes it of a fraction.
_START = re.compile(rf"(?:\s|{_UNSEEN})*[/\uff0f\u2044\u2215]{_UNSEEN}*ai{_UNSEEN}*(?=\s|$)", re.IGNORECASE)
# No colon of a web address, and none of a time of day.
_COLON = re.compile(r"[:\uff1a](?!//)(?:(?<!\d.)|(?!\d))")
_GIVEN = re.compile(r"([^=]{1,60})=(.*)", re.DOTALL)
_NUMBER = re.compile(r"(\d{1,3}(?:[.,]\d{3})+|\d{1,9})-?([^\W\d_]*)")
_DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"), "-")
_AROUND_A_WORD = " .,;!?\"'()“”„‘’‚«»…-"
_UNITS = frozenset(("word", "character", "variant", "version", "option", "sentence", "paragraph", "line", "item"))
_SHORT = {"char": "character", "letter": "character"}
#: Words around a number or a choice that say nothing more.
_SMALL = {
    "",
    "a",
    "about",
    "an",
    "and",
    "as",
    "at",
    "by",
    "for",
    "in",
    "into",
    "it",
    "max",
    "maximum",
    "most",
    "of",
    "on",
}
_SMALL |= {"exactly", "fewer", "less", "only", "or", "please", "than", "the", "this", "to", "under", "up", "with"}
_READERS = ("audience", "segment", "readers", "reader", "persona")
_INSTRUCTIONS = ("instruction", "instructions")
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Order:
    """What a command asks for. ``material`` is None when it is the paragraph above."""

    template: str
    inputs: Json
    material: str | None = None


def is_command(text: str) -> bool:
    """Whether a paragraph begins with ``/ai`` and a space."""
    begin = _START.match(text)
    return bool(begin) and begin.end() < len(text.rstrip("\n"))


def parse(line: str, templates: Sequence[Json]) -> Order:
    """What a line asks for.

    Raises:
        BadRequest: it names no template or several, holds words nobody can place, or lacks an input.
    """
    line = clean_text(line.replace("\v", "\n"))
    begin = _START.match(line)
    if begin is None:
        raise BadRequest("This is no command.", instead=_can_be_typed(templates))
    rest = line[begin.end() :]
    colon = _COLON.search(rest)
    begin_of = re.split(r"[;\n]", _clear(rest[: colon.start() if colon else LONGEST + 1]))[0]
    template, taken = _template(begin_of.split(), templates)
    named = _named(template)
    while colon and re.search(rf"{named}\Z", _behind(_clear(rest[: colon.start()]), taken), re.IGNORECASE):
        colon = _COLON.search(rest, colon.end())
    head, material = (rest[: colon.start()], rest[colon.end() :].strip()) if colon else (rest, "")
    filling = _Filling(template)
    loose: list[str] = []
    told = re.sub(rf"{named}[:=]", r";\1=", _behind(_clear(head), taken), flags=re.IGNORECASE)
    for part in re.split(r"[;\n]", told):
        given = _GIVEN.fullmatch(part)
        if given:
            filling.given(given[1], given[2].strip())
        else:
            loose.append(part)
    words = [word for part in loose for word in part.split()]
    if material and words and _fold(words[-1]) == text_input(template):
        words.pop()
    filling.words(words)
    if material and text_input(template) is None:
        raise BadRequest(f"{template['title']} takes no text.", instead="Leave out what stands after the colon.")
    filling.one_version()
    filling.is_enough()
    return Order(template["name"], filling.inputs, material or None)


def _clear(head: str) -> str:
    """What stands before the material, in one form.

    Raises:
        BadRequest: it is longer than any command.
    """
    if len(head) > LONGEST:
        raise BadRequest(
            f"A command is at most {LONGEST:,} characters long.",
            instead="Put the text behind a colon: /ai … : the text.",
        )
    return unicodedata.normalize("NFKC", re.sub(_UNSEEN, "", head))


def _behind(head: str, taken: int) -> str:
    """What follows the words that name the template."""
    return (head.split(maxsplit=taken) + [""] * (taken + 1))[taken]


def _named(template: Json) -> str:
    """A pattern for an input's name at the start or behind ``;`` or a comma. The text has its colon to itself."""
    names = _inputs(template) - {text_input(template)}
    words = (r"[\s_]+".join(map(re.escape, name.split())) for name in sorted(names, key=len, reverse=True))
    return rf"(?:\A|[;,\n])(\s*(?:{'|'.join(words) or '(?!)'})\s*)"


def _inputs(template: Json) -> set[str]:
    """The names and labels of its inputs, as they are compared."""
    named = {name for spec in template["inputs"] for name in (_fold(spec["name"]), _fold(spec["label"]))}
    return named - {""}


def text_input(template: Json) -> str | None:
    """The name of the input that a document's text fills."""
    return next((spec["name"] for spec in template["inputs"] if spec["source"] == "target.text"), None)


def _template(words: Sequence[str], templates: Sequence[Json]) -> tuple[Json, int]:
    """The template the first words name, and how many of them do: the longest name that fits."""
    folded = [_fold(word) for word in words]
    for count in range(min(len(folded), 8), 1, -1):
        found = [one for one in templates if _is_called(one, folded[:count])]
        if len(found) == 1:
            return found[0], count
    word = folded[0] if folded else ""
    for fits in (_is_named, _begins, _is_titled, _is_tagged):
        found = [one for one in templates if word and fits(one, word)]
        if len(found) == 1:
            return found[0], 1
        if found:
            names = ", ".join(f"/ai {one['name']}" for one in found)
            raise BadRequest(f"“{_cut(word)}” can mean several templates.", instead=f"Type one of: {names}.")
    what = f"There is no template “{_cut(word)}”." if word else "This command names no template."
    raise BadRequest(what, instead=_can_be_typed(templates))


def _names(template: Json) -> tuple[str, str]:
    return template["name"].replace("-", " ").casefold(), _fold(" ".join(template["title"].split()))


def _is_called(template: Json, words: Sequence[str]) -> bool:
    """Whether these are the first words of its name or title, or some of all its words, such as "check claims"."""
    for full in (name.split() for name in _names(template)):
        rest = iter(full)
        if full[: len(words)] == list(words):
            return True
        # A last word that is an input's name, as in "rewrite voice: dry", is that.
        if words[-1:] == full[-1:] and words[-1] not in _inputs(template) and all(word in rest for word in words):
            return True
    return False


def _is_named(template: Json, word: str) -> bool:
    return template["name"].casefold() == word


def _begins(template: Json, word: str) -> bool:
    return template["name"].casefold().startswith(word)


def _is_titled(template: Json, word: str) -> bool:
    return word not in _SMALL and word in map(_fold, template["title"].split())


def _is_tagged(template: Json, word: str) -> bool:
    return word in map(_fold, template["tags"])


def _can_be_typed(templates: Sequence[Json]) -> str:
    if not templates:
        return "Your team has no templates for Google Docs yet. A lead or an admin can add one."
    names = [one["name"] for one in templates]
    firsts = [name.partition("-")[0] for name in names]
    short = [f if sum(n.startswith(f) for n in names) == 1 else n for f, n in zip(firsts, names, strict=True)]
    return f"Type one of: {', '.join(f'/ai {name}' for name in short)}."


class _Filling:
    """The inputs of one template, as they are filled by the parts of a line."""

    def __init__(self, template: Json) -> None:
        self.template = template
        self.inputs: dict[str, Any] = {}
        self._choices: dict[str, list[tuple[Json, str]]] = {}
        for spec in template["inputs"]:
            for one in spec["choices"]:
                self._choices.setdefault(_fold(one), []).append((spec, one))

    def given(self, name: str, value: str) -> None:
        """``name = value``."""
        wanted = _fold(name)
        for spec in self._open():
            if wanted in (_fold(spec["name"]), _fold(spec["label"])):
                self.inputs[spec["name"]] = _typed(spec, value)
                return
        raise BadRequest(f"There is no input “{_cut(name)}” to fill here.", instead=self._can_be_given())

    def words(self, words: Sequence[str]) -> None:
        """Everything else: numbers with units and choices first, what is left as the one text that is meant."""
        left: list[list[str]] = [[]]
        at = 0
        while at < len(words):
            taken = self._number(words, at) or self._choice(words, at)
            at += taken or 1
            if taken:
                left.append([])
            else:
                left[-1].append(words[at - 1])
        told = [run for run in left if any(_fold(word) not in _SMALL for word in run)]
        if not told:
            return
        numbers = all(_NUMBER.fullmatch(word) for run in told for word in run)
        spec = self._free(told[0]) if len(told) == 1 and not numbers else None
        if spec is None:
            said = " … ".join(" ".join(run) for run in told)
            raise BadRequest(f"“{_cut(said)}” is not understood.", instead=self._can_be_given())
        run = told[0]
        while not _fold(run[0]):
            run = run[1:]
        run = run[1:] if spec["name"] in _READERS and _fold(run[0]) == "for" else run
        # What stood before a number or a choice, such as the "to" of "to 50 words", belongs to it.
        while len(left) > 1 and told[0] is not left[-1] and _fold(run[-1]) in _SMALL:
            run = run[:-1]
        self.inputs[spec["name"]] = " ".join(run).rstrip(" ,-–—")

    def one_version(self) -> None:
        """One line becomes one text: of a list that is several choices unless said otherwise, the first is meant."""
        for spec in list(self._open()):
            usual = spec["default"]
            if spec["kind"] == "list" and spec["choices"] and isinstance(usual, list | tuple) and len(usual) > 1:
                self.inputs[spec["name"]] = [usual[0]]

    def is_enough(self) -> None:
        """
        Raises:
            BadRequest: an input is missing that only a person can give.
        """
        missing = [
            _label(spec)
            for spec in self._open()
            if spec["required"] and not spec["source"] and spec["default"] is None and spec["kind"] != "boolean"
        ]
        if missing:
            raise BadRequest(
                f"{self.template['title']} also needs: {', '.join(missing)}.",
                instead=f"Write it behind the command, such as: ; {missing[0].lower()} = …",
            )

    def _open(self) -> Iterator[Json]:
        return (spec for spec in self.template["inputs"] if spec["name"] not in self.inputs)

    def _number(self, words: Sequence[str], at: int) -> int:
        """How many of the words from there on are a number with its unit."""
        match = _NUMBER.fullmatch(words[at].strip(_AROUND_A_WORD))
        if match is None:
            return 0
        apart = not match[2] and at + 1 < len(words)
        unit = _unit(words[at + 1] if apart else match[2])
        meant = [
            spec
            for spec in self._open()
            if spec["kind"] in ("integer", "number")
            and unit in map(_unit, f"{spec['name'].replace('_', ' ')} {spec['label']}".split())
        ]
        if len(meant) != 1:
            if unit not in _UNITS:
                return 0
            raise BadRequest(f"{self.template['title']} takes no number of {unit}s here.", instead=self._can_be_given())
        self.inputs[meant[0]["name"]] = int(re.sub(r"[.,]", "", match[1]))
        return 2 if apart else 1

    def _choice(self, words: Sequence[str], at: int) -> int:
        """How many of the words from there on are a choice."""
        for count in (4, 3, 2, 1):
            said = _fold(" ".join(words[at : at + count]))
            meant = self._choices.get(said, ())
            if not said or len(words) < at + count or not meant:
                continue
            spec, one = meant[0]
            if len(meant) > 1:
                raise BadRequest(f"“{_cut(said)}” can mean several inputs.", instead=self._can_be_given())
            if spec["kind"] == "list":
                self.inputs[spec["name"]] = list(dict.fromkeys([*self.inputs.get(spec["name"], ()), one]))
            elif self.inputs.setdefault(spec["name"], one) != one:
                raise BadRequest(f"{_label(spec)} is given twice.", instead="Write only one of the two.")
            return count
        return 0

    def _free(self, run: Sequence[str]) -> Json | None:
        """The one text input of a single line that the words must mean, or None when there is doubt."""
        texts = [s for s in self._open() if s["kind"] == "string" and not s["choices"] and not s["source"]]
        said = [word for word in map(_fold, run) if word]
        readers = [spec for spec in texts if spec["name"] in _READERS and said[0] == "for" and len(said) > 1]
        wishes = [spec for spec in texts if spec["name"] in _INSTRUCTIONS]
        needed = [spec for spec in texts if spec["required"] and spec["default"] is None]
        return next((some[0] for some in (readers, wishes, needed, texts) if len(some) == 1), None)

    def _can_be_given(self) -> str:
        names = [spec["name"] for spec in self._open() if not spec["source"]]
        choices = [one for spec in self.template["inputs"] for one in spec["choices"]][:20]
        told = [f"“; name = value”, where the name is one of: {', '.join(names)}"] if names else []
        told += [f"one of the words: {', '.join(choices)}"] if choices else []
        told += ["the text itself after a colon"] if text_input(self.template) else []
        return f"Write {', or '.join(told)}." if told else "Leave it out."


def _typed(spec: Json, value: str) -> Any:
    """A value as its input's type. Whether it is within its bounds is for the hub to judge."""
    if spec["kind"] == "list":
        return [_chosen(spec, one.strip()) for one in value.split(",") if one.strip()]
    if spec["kind"] == "boolean":
        said = _fold(value)
        if said not in ("yes", "no", "true", "false", "on", "off"):
            raise BadRequest(f"{_label(spec)} is yes or no.", instead="Write one of the two behind its = sign.")
        return said in ("yes", "true", "on")
    if spec["kind"] in ("integer", "number"):
        match = re.fullmatch(r"\d{1,9}" if spec["kind"] == "integer" else r"\d{1,9}(?:[.,]\d{1,6})?", value)
        if match is None:
            raise BadRequest(f"{_label(spec)} is a number.", instead="Write only digits behind its = sign.")
        return int(value) if spec["kind"] == "integer" else float(value.replace(",", "."))
    return _chosen(spec, value)


def _chosen(spec: Json, value: str) -> str:
    return next((one for one in spec["choices"] if _fold(one) == _fold(value)), value)


def _label(spec: Json) -> str:
    return spec["label"] or spec["name"].replace("_", " ").capitalize()


def _unit(word: str) -> str:
    folded = _fold(word)
    folded = folded[:-1] if len(folded) > 3 and folded.endswith("s") else folded
    return _SHORT.get(folded, folded)


def _fold(words: str) -> str:
    """Words as they are compared: one case, one form, no quotes or stops around them."""
    return unicodedata.normalize("NFKC", words.replace("_", " ")).translate(_DASHES).casefold().strip(_AROUND_A_WORD)


def _cut(words: str) -> str:
    words = " ".join(words.split())
    return words if len(words) <= _SHOWN else f"{words[: _SHOWN - 1]}…"
