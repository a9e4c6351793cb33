"""Figures of a text: reading grade, length of sentences, passive voice, capitals. Linear in the text, no dictionary."""

from __future__ import annotations

import re

from hub.governance.detectors.parts import parts
from hub.governance.grammar import Measured
from hub.governance.wording import Text

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
#: The same in half the time, where every letter is one of these.
_ASCII_WORD = re.compile(r"[a-z]+(?:['-][a-z]+)*")
_VOWELS = re.compile(r"[aeiouyäöüéèà]+")
_CONSONANTS = str.maketrans({char: " " for char in map(chr, range(128)) if char not in "aeiouy"})
#: "make", "taste", "used", "times": but not "table", "wanted", "pieces". Begun at the e, of which there are few.
_UNSAID = re.compile(
    r"e(?:\b(?:(?<=[aeiouy][^\Waeiouyl\d_]e)|(?<=[aeiouy][^\Waeiouy\d_][^\Waeiouyl\d_]e)"
    r"|(?<=[aeiouy][^\Waeiouy\d_]{2}[^\Waeiouyl\d_]e))"
    r"|[ds]\b(?:(?<=[aeiouy][^\Waeioutdscxz\d_]e.)|(?<=[aeiouy][^\Waeiouy\d_][^\Waeioutdscxz\d_]e.)"
    r"|(?<=[aeiouy][^\Waeiouy\d_]{2}[^\Waeioutdscxz\d_]e.)))"
)
_PASSIVE = re.compile(
    r"\b(?:am|is|are|was|were|be|been|being)\s+(?:\w+ly\s+)?(?:[a-z]{2,}ed|built|made|given|taken|shown|known|written|seen"
    r"|done|held|kept|sent|sold|bought|brought|found|put|set|told|chosen|driven|grown|paid|lost|led)\b"
)
_ENGLISH = frozenset(
    "the of and to a in is for you your with on we our it that this are be at from by or as".split()  # noqa: SIM905
)
#: Of English words about a third are of these. Below this share the grade and the passive are not measured.
_ENGLISH_FROM = 0.12


def word_starts(text: Text) -> list[int]:
    """Where each word begins in ``text.plain``, in order; numbers are no words. Kept with the text, as what follows."""
    if "words" not in text.kept:
        word = _ASCII_WORD if text.plain.isascii() else _WORD
        text.kept["words"] = [match.start() for match in word.finditer(text.plain)]
    return text.kept["words"]


def _is_english(text: Text) -> bool:
    if "english" not in text.kept:
        said = text.plain.split()
        text.kept["english"] = sum(word in _ENGLISH for word in said) >= _ENGLISH_FROM * len(said)
    return text.kept["english"]


def measure(of: Measured, text: Text, from_words: int = 0) -> float | None:
    """The figure, or None when the text does not have it: fewer words than ``from_words``, or not English where the
    figure is of English.

    ``grade`` is the Flesch-Kincaid grade, 0.39 words a sentence + 11.8 syllables a word - 15.59; syllables are
    groups of vowels, which is off for single words and evens out over a text.
    """
    if of == "characters":
        return float(len(text.cased.text.strip()))
    words = len(word_starts(text))
    if not words or words < from_words:
        return None
    if of == "words":
        return float(words)
    if of == "capitals_share":
        letters = [char for char in text.cased.text if char.isalpha()]
        return sum(char.isupper() for char in letters) / len(letters)
    sentences = max(1, len(parts(text, "sentence")))
    if of == "sentence_words":
        return words / sentences
    if not _is_english(text):
        return None
    if of == "passive_share":
        return min(1.0, len(_PASSIVE.findall(text.plain)) / sentences)
    return 0.39 * words / sentences + 11.8 * _syllables(text.plain, words) / words - 15.59


def _syllables(plain: str, words: int) -> int:
    """Groups of vowels, without the e nobody says: over the whole text at once, as one word's count is worth little."""
    # Of plain ASCII the vowels are what is left of the text without its consonants, in a sixth of the time.
    groups = len(plain.translate(_CONSONANTS).split()) if plain.isascii() else len(_VOWELS.findall(plain))
    return max(words, groups - len(_UNSAID.findall(plain)))
