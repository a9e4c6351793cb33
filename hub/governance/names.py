"""Names of people, found by the spaCy models an operator has installed; none ships with Inlay.

A model guesses, and its guesses about companies and products are what goes wrong most. What it points at counts only
where it is written as a name of a person is.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from hub.errors import ConfigurationError
from hub.governance.patterns import compile_pattern, encode
from hub.governance.personal_data_engine import Hit

#: What models call a person, by the corpora they learnt from.
PERSON = frozenset({"PERSON", "PER", "PRS", "persName"})
# A capital letter in a word, or a letter of a script without capitals. A text without any is never given to a model.
_CAPITAL = compile_pattern(r"\p{Lu}\pL|\p{Lt}|\p{Lo}")
_LONGEST = 4_000  # characters at once: a model's memory grows with its text, and others wait no longer than this takes
_OVERLAP = 200
#: What a model can do beside names, and need not.
_NOT_NEEDED = ("tagger", "morphologizer", "parser", "senter", "lemmatizer", "attribute_ruler", "textcat")
_RULERS = frozenset({"entity_ruler", "span_ruler"})
_WORD = r"[^\W\d_]+(?:['.-]{1,2}[^\W\d_]+)*\.?"
_NAME = re.compile(rf"{_WORD}(?: {{1,2}}{_WORD}){{0,5}}")
_EDGES = " \t\r\f\v\"'.,;:!?()-*_#>"
_POSSESSIVE = re.compile(r"'s?$")
#: Words within a name that have no capital.
_PARTICLE = (
    r"(?:af|al|bin|bint|d|da|das|de|dei|del|della|den|der|des|di|do|dos|du|e|el|ibn|la|las|le|los|of|te|ten|ter|van|"
    r"vom|von|y|zu|zum|zur)"
)
_IS_PARTICLE = re.compile(_PARTICLE)
_REST = re.compile(rf"(?: {_PARTICLE})* {_WORD}")
_FIRM = (
    r"(?:Inc|Ltd|Limited|LLC|LLP|PLC|Corp|Corporation|Company|Co|Group|Gruppe|Holdings?|GmbH|mbH|AG|KG|KGaA|OHG|SE|SA|"
    r"SAS|SARL|SpA|BV|NV|AB|ASA|Oy|Bank|Studios?|Media|Foundation|Stiftung|University|Universität|Institute?|Museum|"
    r"Airport|Street|Avenue|Road|Stra(?:ß|ss)e|Allee|Platz|Awards?|Prize|Preis|Pro|Max|Plus|Collection|Edition|Cloud)"
)
_FIRM_AT_END = re.compile(rf"(?:^| ){_FIRM}\.?$")
_FIRM_AFTER = re.compile(rf"(?:, ?| )?(?:& ?(?:Co|Sons|Söhne|Partners?)|{_FIRM})\b|\s?[™®©]|\d|[ -]\d")


class NoModel(ConfigurationError):
    """A model of INLAY_SPACY_MODEL cannot be used: ``what`` is wrong, and what to do ``instead``."""

    def __init__(self, name: str, why: str, instead: str = "") -> None:
        self.what = f"INLAY_SPACY_MODEL names {name}, {why}: texts are held that may hold names."
        self.instead = instead or (
            f"Install it beside Inlay with `python -m spacy download {name}` or `pip install` and the wheel of spaCy's "
            "own release, or correct INLAY_SPACY_MODEL; then start the hub again."
        )
        super().__init__(f"{self.what} {self.instead}")


class Names:
    """Finds names with every one of its models. Safe to use from several threads; without models it finds nothing."""

    def __init__(self, models: Sequence[str] = ()) -> None:
        self.models = tuple(models)
        self._lock = threading.Lock()
        self._loaded: list[_Model] = []

    def load(self) -> list[_Model]:
        """The models, loaded when first needed, which takes a second or more each.

        Raises:
            NoModel: one of them does not load, or knows no persons. The next call tries again.
        """
        with self._lock:
            if len(self._loaded) < len(self.models):
                self._loaded = [_Model(name) for name in self.models]
            return self._loaded

    def find(self, text: str) -> list[Hit]:
        """Every name in the text, in characters of it, in order; hits may overlap. ``sure`` are those of two words and
        more: a single word with a capital is far more often a product.

        Raises:
            NoModel: as ``load``.
        """
        hits: set[Hit] = set()
        if self.models:
            for start, end in _pieces(text):
                piece = text[start:end]
                if _CAPITAL.search(encode(piece)) is None:
                    continue
                for model in self.load():
                    for first, last in model.persons(piece):
                        hits.update(_written_as_one(text, start + first, start + last))
        return sorted(hits, key=lambda hit: (hit.start, hit.end))


class _Model:
    """One loaded model, used by one thread at a time: its vocabulary changes while it reads."""

    def __init__(self, name: str) -> None:
        self._nlp = _load(name)
        self._lock = threading.Lock()

    def persons(self, text: str) -> list[tuple[int, int]]:
        # Without a zone every new word of every text would stay in the model's vocabulary.
        zone = getattr(self._nlp, "memory_zone", nullcontext)
        with self._lock, zone():
            return [(one.start_char, one.end_char) for one in self._nlp(text).ents if one.label_ in PERSON]


def _load(name: str) -> Any:
    try:
        import spacy
        import spacy.util
    except ImportError:
        raise NoModel(name, "and spaCy is not installed", "Install it with `pip install 'inlay[names]'`.") from None
    if not spacy.util.is_package(name) and not Path(name).is_dir():
        raise NoModel(name, "which is neither an installed package nor a folder")
    try:
        nlp = spacy.load(name)
    except Exception as error:  # a model is code and data of others, and fails in any way
        raise NoModel(name, f"which does not load ({type(error).__name__})") from None
    if not any(PERSON.intersection(labels) for labels in nlp.pipe_labels.values()):
        raise NoModel(name, "which knows no names of persons", "Name one with spaCy's component `ner`.")
    if not _RULERS.intersection(nlp.pipe_names):  # their patterns may ask what the others say
        for part in _NOT_NEEDED:
            if part in nlp.pipe_names:
                nlp.disable_pipe(part)
    return nlp


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    """Stretches of at most 4,000 characters that overlap, cut between words where there is a space."""
    start = 0
    while len(text) - start > _LONGEST:
        end = _space_before(text, start + _LONGEST - _OVERLAP, start + _LONGEST)
        yield start, end
        start = _space_before(text, end - _OVERLAP, end - _OVERLAP // 2)
    if start < len(text):
        yield start, len(text)


def _space_before(text: str, low: int, high: int) -> int:
    """The last line end between the two, or else the last space; ``high`` where there is neither."""
    for sign in ("\n", " "):
        at = text.rfind(sign, low, high)
        if at >= 0:
            return at + 1
    return high


def _written_as_one(text: str, start: int, end: int) -> Iterator[Hit]:
    """The names in what a model points at: none that goes over a line, has a digit, or is a firm's."""
    for line in re.finditer(r"[^\n]+", text[start:end]):
        said = line.group()
        first = start + line.start() + len(said) - len(said.lstrip(_EDGES))
        said = _POSSESSIVE.sub("", said.strip(_EDGES))
        if _IS_PARTICLE.fullmatch(said.rpartition(" ")[2]) and (rest := _REST.match(text, first + len(said))):
            said += rest.group()  # Ursula von der Leyen, of whom small models leave the last word out
        last = first + len(said)
        words = said.split()
        if (
            _NAME.fullmatch(said) is None
            or text[max(0, first - 1) : first].isalnum()
            or text[last : last + 1].isalnum()
            or any(word[0].islower() and _IS_PARTICLE.fullmatch(word) is None for word in words)
            or _FIRM_AT_END.search(said)
            or _FIRM_AFTER.match(text, last)
        ):
            continue
        letters = sum(map(str.isalpha, said))
        if letters < 2 or (len(words) == 1 and (said[0].islower() or (said.isupper() and letters <= 5))):
            continue
        yield Hit("name", first, last, len(words) > 1)
