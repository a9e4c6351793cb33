"""Figures of a text: reading grade, length of sentences, passive voice, capitals. Linear in the text, no dictionary."""

from __future__ import annotations

import re

from hub.governance.detectors.parts import parts
from hub.governance.grammar import Measured
from hub.governance.wording import Text

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_VOWELS = re.compile(r"[aeiouyäöüéèà]+")
#: "make", "taste", "used", "times": but not "table", "wanted", "pieces".
_UNSAID = re.compile(r"[aeiouy](?:[^\Waeiouy\d_]{0,2}[^\Waeiouyl\d_]e|[^\Waeiouy\d_]{0,2}[^\Waeioutdscxz\d_]e[sd])\b")
_PASSIVE = re.compile(
    r"\b(?:am|is|are|was|were|be|been|being)\s+(?:\w+ly\s+)?(?:[a-z]{2,}ed|built|made|given|taken|shown|known|written|seen"
    r"|done|held|kept|sent|sold|bought|brought|found|put|set|told|chosen|driven|grown|paid|lost|led)\b"
)
_ENGLISH = frozenset(
    "the of and to a in is for you your with on we our it that this are be at from by or as".split()  # noqa: SIM905
)
#: Of English words about a third are of these. Below this share the grade and the passive are not measured.
_ENGLISH_FROM = 0.12


def words(plain: str) -> list[str]:
    """The words of a text, without numbers."""
    return _WORD.findall(plain)


def _read(text: Text) -> tuple[list[str], int, bool]:
    """Words, number of sentences and whether it reads as English. Several rules ask for them about the same text, so
    they are kept with it, and go when it goes."""
    if "reading" not in text.kept:
        said = words(text.plain)
        english = sum(word in _ENGLISH for word in said) >= _ENGLISH_FROM * len(said)
        text.kept["reading"] = said, max(1, len(parts(text.plain, "sentence"))), english
    return text.kept["reading"]


def measure(of: Measured, text: Text, from_words: int = 0) -> float | None:
    """The figure, or None when the text does not have it: fewer words than ``from_words``, or not English where the
    figure is of English.

    ``grade`` is the Flesch-Kincaid grade, 0.39 words a sentence + 11.8 syllables a word - 15.59; syllables are
    groups of vowels, which is off for single words and evens out over a text.
    """
    if of == "characters":
        return float(len(text.cased.text.strip()))
    said, sentences, english = _read(text)
    if not said or len(said) < from_words:
        return None
    if of == "words":
        return float(len(said))
    if of == "capitals_share":
        letters = [char for char in text.cased.text if char.isalpha()]
        return sum(char.isupper() for char in letters) / len(letters)
    if of == "sentence_words":
        return len(said) / sentences
    if not english:
        return None
    if of == "passive_share":
        return min(1.0, len(_PASSIVE.findall(text.plain)) / sentences)
    return 0.39 * len(said) / sentences + 11.8 * _syllables(text.plain, len(said)) / len(said) - 15.59


def _syllables(plain: str, words: int) -> int:
    """Groups of vowels, without the e nobody says: over the whole text at once, as one word's count is worth little."""
    return max(words, len(_VOWELS.findall(plain)) - len(_UNSAID.findall(plain)))
