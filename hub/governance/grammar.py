"""What a rule about copy may say: one detector each, where it applies, and the words that help whoever it stops."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, field_validator, model_validator

from hub.governance.patterns import compile_pattern
from hub.governance.rules import Data, RuleId, Said

Severity = Literal["info", "warn", "block"]
Within = Literal["sentence", "block", "text"]
Measured = Literal["grade", "sentence_words", "passive_share", "capitals_share", "words", "characters"]
RegisterName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
DETECTORS = ("terms", "pattern", "swaps", "require", "needs", "count", "length", "measure", "consistent", "lookup")


class Examples(Data):
    """Texts that a rule lets pass and texts that it catches. A test runs every one of them."""

    passes: tuple[str, ...] = Field(default=(), alias="pass")
    fails: tuple[str, ...] = Field(default=(), alias="fail")


class Scope(Data):
    """Where a rule applies; what is left out does not narrow it. ``fields`` are parts of a variant, such as
    ``headlines``; of a list each item is a text of its own."""

    templates: tuple[RuleId, ...] = ()
    surfaces: tuple[RuleId, ...] = ()
    fields: tuple[Said, ...] = ()


class Wording(Data):
    """Words or phrases, or a pattern in re2 syntax, or both. ``match_case`` is of the pattern alone."""

    terms: tuple[Said, ...] = ()
    pattern: Said | None = None
    match_case: bool = False

    @model_validator(mode="after")
    def _says_something(self) -> Wording:
        if not self.terms and self.pattern is None:
            raise ValueError("give 'terms', 'pattern' or both")
        check_terms(self.terms)
        check_pattern(self.pattern)
        return self


class Needs(Data):
    """Where ``when`` stands, one of ``needs`` has to stand as well: in the same sentence, block or text."""

    when: Wording
    needs: Wording
    within: Within = "block"


class Count(Data):
    """How often ``of`` may stand in one text."""

    of: Wording
    min: Annotated[int, Field(ge=0)] = 0
    max: Annotated[int, Field(ge=0)] | None = None
    per: Within = "text"

    @model_validator(mode="after")
    def _limits_something(self) -> Count:
        if not self.min and self.max is None:
            raise ValueError("give 'min' or 'max'")
        return self


class Length(Data):
    """How long each sentence, block or text may be."""

    unit: Literal["words", "characters"] = "words"
    per: Within = "text"
    max: Annotated[int, Field(ge=1)]


class Measure(Data):
    """A figure of the whole text. ``grade`` is the Flesch-Kincaid grade; shares are 0 to 1. Texts under ``from_words``
    words are not measured: a figure of a few words says nothing."""

    of: Measured
    min: float | None = None
    max: float | None = None
    from_words: Annotated[int, Field(ge=0)] = 0

    @model_validator(mode="after")
    def _limits_something(self) -> Measure:
        if self.min is None and self.max is None:
            raise ValueError("give 'min' or 'max'")
        return self


class CopyRule(Data):
    """One rule. It has exactly one detector:

    terms        words or phrases, as they are written
    pattern      a pattern in re2 syntax; ``match_case`` when capitals matter
    swaps        wrong: right, for each word; the right one is offered as the fix
    require      one of these has to stand in the text
    needs        where one wording stands, another has to stand beside it
    count        how often a wording may stand
    length       words or characters of each sentence, block or text
    measure      a figure of the text, such as its reading grade
    consistent   of each set of spellings only one in a text
    lookup       the names in a register that the organisation or a team keeps, such as competitors

    ``unless`` lists phrases in which the word is fine; with ``unless_evidence`` it is fine where the draft cites
    evidence that says it. ``severity`` block holds the output; warn and info only note it.
    """

    id: RuleId
    terms: tuple[Said, ...] = ()
    pattern: Said | None = None
    match_case: bool = False
    swaps: dict[Said, Said] = Field(default_factory=dict)
    require: Wording | None = None
    needs: Needs | None = None
    count: Count | None = None
    length: Length | None = None
    measure: Measure | None = None
    consistent: tuple[Annotated[tuple[Said, ...], Field(min_length=2)], ...] = ()
    lookup: RegisterName | None = None
    unless: tuple[Said, ...] = ()
    unless_evidence: bool = False
    applies: Scope = Scope()
    severity: Severity = "block"
    message: str = ""
    why: Said
    instead: Said
    fix: str | None = None
    raise_tier: Annotated[int, Field(ge=0, le=3)] | None = None
    source: str = ""
    checked_on: date | None = None
    tests: Examples = Examples()

    @model_validator(mode="after")
    def _one_detector(self) -> CopyRule:
        given = [name for name in DETECTORS if getattr(self, name)]
        if len(given) != 1:
            said = " and ".join(f"'{name}'" for name in given) or "none"
            raise ValueError(f"give exactly one of {', '.join(DETECTORS)}; here: {said}")
        check_terms((*self.terms, *self.swaps, *self.unless))
        check_pattern(self.pattern)
        return self

    @property
    def detector(self) -> str:
        """Which detector it has."""
        return next(name for name in DETECTORS if getattr(self, name))


class RuleBook(Data):
    """``registers`` are lists of names by the register's name, such as ``competitors: [Acme]``."""

    rules: tuple[CopyRule, ...] = ()
    registers: dict[RegisterName, tuple[Said, ...]] = Field(default_factory=dict)

    @field_validator("rules")
    @classmethod
    def _unique(cls, rules: tuple[CopyRule, ...]) -> tuple[CopyRule, ...]:
        seen: set[str] = set()
        for rule in rules:
            if rule.id in seen:
                raise ValueError(f"the id '{rule.id}' is used twice")
            seen.add(rule.id)
        return rules


def check_terms(terms: Any) -> None:
    """Raises ValueError for a term without a letter or digit: it would stand everywhere or nowhere."""
    for term in terms:
        if not any(char.isalnum() for char in term):
            raise ValueError("a term holds at least one letter or digit")


def check_pattern(pattern: str | None) -> None:
    """Raises ValueError for a pattern that re2 does not take, or that matches the empty text."""
    if pattern is not None and compile_pattern(pattern, ignore_case=True).search("") is not None:
        raise ValueError("the pattern matches the empty text, so it would match everywhere")
