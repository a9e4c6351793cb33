"""google-re2 as the checks use it: errors as sentences, nothing on stderr, matches as character offsets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import re2


def options(*, ignore_case: bool = False, longest: bool = False, memory: int = 64 << 20) -> Any:
    """re2 options. ``memory`` is bytes for one compiled pattern; a large list of terms needs more than re2's 8 MB."""
    chosen = re2.Options()
    chosen.log_errors = False  # otherwise the C++ side prints the pattern on stderr
    chosen.case_sensitive = not ignore_case
    chosen.longest_match = longest
    chosen.max_mem = memory
    return chosen


def compile_pattern(pattern: str, *, ignore_case: bool = False, longest: bool = False, memory: int = 64 << 20) -> Any:
    """A compiled re2 pattern; matching takes time linear in the text whatever the pattern.

    Raises:
        ValueError: re2 does not take the pattern. The message quotes the pattern and re2's reason, never a text.
    """
    try:
        return re2.compile(pattern, options(ignore_case=ignore_case, longest=longest, memory=memory))
    except (re2.error, UnicodeEncodeError) as error:
        reason = error.args[0] if error.args else "not understood"
        if isinstance(reason, bytes):
            reason = reason.decode("utf-8", "replace")
        raise ValueError(f"re2 does not take the pattern '{pattern}': {reason}") from None


class PatternSet:
    """Many patterns looked for in one pass. ``hits`` says which of them occur."""

    def __init__(self, patterns: Sequence[str], *, ignore_case: bool = False) -> None:
        self._set = re2.Set.SearchSet(options(ignore_case=ignore_case))
        for pattern in patterns:
            self._set.Add(pattern)
        self._set.Compile()

    def hits(self, encoded: bytes) -> list[int]:
        """Indexes of the patterns that occur in a UTF-8 text."""
        return sorted(self._set.Match(encoded) or ())


def encode(text: str) -> bytes:
    """UTF-8 for re2, a lone surrogate as one ``?``: so every character stays one character."""
    return text.encode("utf-8", "replace")


class Offsets:
    """Byte offsets of a UTF-8 text as character offsets. Ask in ascending order: the whole walk is linear."""

    def __init__(self, encoded: bytes, ascii_only: bool) -> None:
        self._encoded = encoded
        self._ascii = ascii_only
        self._byte = 0
        self._char = 0

    def char(self, byte: int) -> int:
        if self._ascii:
            return byte
        if byte < self._byte:  # an overlap with the previous match: a short step back
            self._char -= len(self._encoded[byte : self._byte].decode("utf-8"))
        else:
            self._char += len(self._encoded[self._byte : byte].decode("utf-8"))
        self._byte = byte
        return self._char


def spans(pattern: Any, text: str, encoded: bytes, group: int = 0) -> Iterator[tuple[int, int]]:
    """Character spans of every match of ``pattern`` (or of one of its groups) in ``text``, which ``encoded`` encodes.

    re2 is searched over bytes, and a search goes on at the end of the group, so that two words with one space between
    them are both found though each match looks at that space.
    """
    offsets = Offsets(encoded, len(encoded) == len(text))
    at = 0
    while at <= len(encoded):
        match = pattern.search(encoded, at)
        if match is None:
            return
        start, end = match.span(group)
        yield offsets.char(start), offsets.char(end)
        at = end if end > start else end + 1
