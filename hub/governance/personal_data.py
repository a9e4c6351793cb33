"""The check ``personal_data``: finds it in what goes in, so that it is masked, and holds a draft that invents some.

Found are e-mail addresses, telephone numbers, IBANs, card numbers, US social security numbers and IP addresses. Names
of people are found only with a language model for each language, which an operator installs and names; none ships.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from hub.domain import Finding, Outcome
from hub.governance.folding import fold
from hub.governance.names import Names
from hub.governance.personal_data_engine import Engine, Hit
from hub.governance.rules import Compiled, PersonalDataRules
from hub.sdk.check import Check, Subject

_NAMES = {
    "email": "an e-mail address",
    "phone": "a telephone number",
    "iban": "a bank account number (IBAN)",
    "card": "a payment card number",
    "ssn": "a US social security number",
    "ip": "an IP address",
    "name": "the name of a person",
}


class _Allowed(NamedTuple):
    rules: PersonalDataRules
    values: frozenset[str]
    domains: tuple[str, ...]


def _read(rules: Mapping[str, Any]) -> _Allowed:
    read = PersonalDataRules.model_validate(dict(rules))
    folded = [_plain(value) for value in read.allow]
    domains = tuple(value for value in folded if value.startswith("@"))
    return _Allowed(read, frozenset(folded), domains)


def _plain(value: str) -> str:
    """A value as ``allow`` compares it: case and the spacing of numbers do not matter."""
    text = fold(value).text
    return text if "@" in text else "".join(char for char in text if char.isalnum())


class PersonalData(Check):
    """Input: every find is noted for masking. Output: every find is held, for placeholders are all a draft may hold.

    On the output only sure finds count: ten digits in a row are masked on the way in, and do not stop a draft. Names of
    people are noted there and hold nothing: models take too many brands for people.
    """

    name = "personal_data"
    seconds = 60.0  # the first use loads presidio and any models, and a megabyte of addresses or names takes a while

    def __init__(self, models: Sequence[str] = ()) -> None:
        self._engine = Engine()
        self._names = Names(models)
        self._rules = Compiled(_read)

    @property
    def finds_names(self) -> bool:
        """Whether an operator has named models that find names of people."""
        return bool(self._names.models)

    def look_for_names(self, models: Sequence[str]) -> None:
        """Find names of people with these spaCy models: installed packages or folders."""
        self._names = Names(models)

    def load_names(self) -> None:
        """Load the models for names now.

        Raises:
            NoModel: what is wrong with one, and what to do instead.
        """
        self._names.load()

    def warm(self) -> None:
        """Load presidio and find one of what it knows, which takes about a second, and the models for names.

        Raises:
            NoModel: as ``load_names``. Every text that may hold a name is held until it is mended.
        """
        self._engine.find("anna@example.com +1 415 555 2671", ("email", "phone"), ("US",))
        self.load_names()

    def examine(self, subject: Subject) -> Sequence[Finding]:
        allowed = self._rules.get(subject.rules)
        is_input = subject.side == "input"
        findings: list[Finding] = []
        for where, text in subject.texts.items():
            folded = fold(text, case=False)
            for hit in self._find(folded.text, allowed.rules):
                if not (is_input or hit.sure) or _is_allowed(folded.text[hit.start : hit.end], allowed):
                    continue
                findings.append(_finding(hit.kind, is_input, where, folded.span(hit.start, hit.end)))
        return findings

    def _find(self, text: str, rules: PersonalDataRules) -> list[Hit]:
        kinds = [kind for kind in rules.kinds if kind != "name"]
        hits = self._engine.find(text, kinds, rules.regions)
        return hits + self._names.find(text) if "name" in rules.kinds else hits


def _is_allowed(value: str, allowed: _Allowed) -> bool:
    plain = _plain(value)
    return plain in allowed.values or plain.endswith(allowed.domains)


def _finding(kind: str, is_input: bool, where: str, span: tuple[int, int]) -> Finding:
    if is_input:
        return Finding(
            rule=f"personal-data.{kind}",
            outcome=Outcome.ALLOW,
            message=f"This is {_NAMES[kind]}. The model sees a placeholder instead.",
            why="Personal data stays inside Inlay; a model does not need it to write.",
            instead="Nothing to do: the original is put back into the draft.",
            where=where,
            span=span,
        )
    if kind == "name":
        return Finding(
            rule="personal-data.name",
            outcome=Outcome.ALLOW,
            message="This looks like the name of a person that no input gave.",
            why="A model that invents people may hit a real one, and an invented voice is no testimonial.",
            instead="Look whether this is somebody you mean. An admin can allow names of brands.",
            where=where,
            span=span,
        )
    return Finding(
        rule=f"personal-data.{kind}",
        outcome=Outcome.HOLD,
        message=f"The draft contains {_NAMES[kind]} that nobody gave it.",
        why="A model that invents contact or account data may hit a real person.",
        instead="Take it out, or put the right one into the request. An admin can allow your own public addresses.",
        where=where,
        span=span,
    )
