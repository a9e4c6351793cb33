"""The check ``personal_data``: finds it in what goes in, so that it is masked, and holds a draft that invents some.

Found are e-mail addresses, telephone numbers, IBANs, card numbers, US social security numbers and IP addresses. Names
of people are not: that takes a language model for each language, and none ships with Inlay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from hub.domain import Finding, Outcome
from hub.governance.folding import fold
from hub.governance.personal_data_engine import Engine
from hub.governance.rules import Compiled, PersonalDataRules
from hub.sdk.check import Check, Subject

_NAMES = {
    "email": "an e-mail address",
    "phone": "a telephone number",
    "iban": "a bank account number (IBAN)",
    "card": "a payment card number",
    "ssn": "a US social security number",
    "ip": "an IP address",
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

    On the output only sure finds count: ten digits in a row are masked on the way in, and do not stop a draft.
    """

    name = "personal_data"
    seconds = 20.0  # the first use loads presidio, and a megabyte full of addresses takes a while
    finds_names: ClassVar[bool] = False
    limits: ClassVar[str] = (
        "Names of people and postal addresses are not recognised. E-mail addresses, telephone numbers, IBANs, card "
        "numbers, US social security numbers and IP addresses are."
    )

    def __init__(self) -> None:
        self._engine = Engine()
        self._rules = Compiled(_read)

    def warm_up(self) -> None:
        """Load what the first find would load. Takes seconds; call it before the first person waits."""
        self._engine.find("anna@example.com +1 415 555 2671", ("email", "phone"), ("US",))

    def examine(self, subject: Subject) -> Sequence[Finding]:
        allowed = self._rules.get(subject.rules)
        is_input = subject.side == "input"
        findings: list[Finding] = []
        for where, text in subject.texts.items():
            folded = fold(text, case=False)
            for hit in self._engine.find(folded.text, allowed.rules.kinds, allowed.rules.regions):
                if not (is_input or hit.sure) or _is_allowed(folded.text[hit.start : hit.end], allowed):
                    continue
                findings.append(_finding(hit.kind, is_input, where, folded.span(hit.start, hit.end)))
        return findings


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
    return Finding(
        rule=f"personal-data.{kind}",
        outcome=Outcome.HOLD,
        message=f"The draft contains {_NAMES[kind]} that nobody gave it.",
        why="A model that invents contact or account data may hit a real person.",
        instead="Take it out, or put the right one into the request. An admin can allow your own public addresses.",
        where=where,
        span=span,
    )
