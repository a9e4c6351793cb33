"""Figures: the numbers and dates of a record as lines ``label: value``, and those that are calculated from them.

A model copies figures and calculates none. What a summary needs beyond the record's own, such as a cost per lead, the
template lists under ``derived``; it is worked out here, exactly, and rounded once, as the template says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

_LINE = re.compile(r"([^\W\d_][^:\n]{0,59}?)\s*:\s*(\S.{0,59}?)\s*")
_NUMBER = re.compile(r"(-?(?:0|[1-9]\d{0,17})(?:\.\d{1,12})?)(?:\s?(%))?", re.ASCII)
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(?:T[\d:.]+(?:Z|[+-]\d{2}:?\d{2})?)?", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_PERCENT = "_percent"


class Derived(BaseModel):
    """A figure calculated from two others: ``of`` divided by ``per``, or ``of`` less ``less``.

    A quotient is rounded to ``decimals`` places, half away from zero; a difference is not rounded.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    of: str
    per: str = ""
    less: str = ""
    percent: bool = False
    decimals: int = Field(default=2, ge=0, le=6)

    @model_validator(mode="after")
    def _one_way(self) -> Derived:
        if bool(self.per) == bool(self.less) or (self.less and self.percent):
            raise ValueError("a derived figure has 'of' and one of 'per' and 'less'; 'percent' goes with 'per'")
        return self


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: a number (``percent`` when it is a percentage), a day, or the currency of the amounts."""

    label: str
    value: Decimal | date | str
    percent: bool = False

    @property
    def written(self) -> str:
        """The value as its line has it."""
        if isinstance(self.value, Decimal):
            return f"{self.value:f}{' %' if self.percent else ''}"
        return self.value if isinstance(self.value, str) else self.value.isoformat()

    @property
    def line(self) -> str:
        """The figure as inputs hold it and a model sees it."""
        return f"{self.label}: {self.written}"


def read(line: str) -> Figure:
    """The figure in a line.

    Raises:
        ValueError: it is none; the message says in plain words what it should be.
    """
    found = _LINE.fullmatch(line)
    if found:
        label, text = found[1], found[2]
        number = _NUMBER.fullmatch(text)
        if number:
            return Figure(label, Decimal(number[1]), bool(number[2]))
        if _DAY.fullmatch(text):
            try:
                return Figure(label, date.fromisoformat(text[:10]))
            except ValueError:
                pass
        if label.casefold() == "currency" and _CURRENCY.fullmatch(text):
            return Figure(label, text)
    raise ValueError(
        "should be a label, a colon and a plain number, a date or the currency, such as 'leads: 310', "
        "'actual cost: 9100.50', 'response rate: 16.7 %', 'start: 2026-09-01' or 'currency: EUR'"
    )


def given(lines: Any) -> list[Figure]:
    """The figures among the lines of an input. A line whose value is masked by now is none, and is left out."""
    found = []
    for line in lines if isinstance(lines, list | tuple) else ():
        try:
            found.append(read(str(line)))
        except ValueError:
            continue
    return found


def of_record(facts: Mapping[str, Any]) -> list[str]:
    """The lines for what a connector read: ``{"won_opportunities": 5}`` becomes ``won opportunities: 5``.

    A key that ends in ``_percent`` makes a percentage. What is no number, day or currency is no figure: texts of a
    record are material, and stay in its text.
    """
    return [figure.line for key, value in facts.items() if (figure := _fact(str(key), value)) is not None]


def completed(lines: Sequence[str], derived: Mapping[str, Derived]) -> list[str]:
    """The lines in their one spelling, and behind them what is derived. One that was given is not calculated again.

    Raises:
        ValueError: naming the first line that holds no figure, or a label that stands there with two values.
    """
    known: dict[str, Figure] = {}
    for at, line in enumerate(lines, 1):
        try:
            figure = read(line)
        except ValueError as error:
            raise ValueError(f"item {at} {error}") from None
        if known.setdefault(name_of(figure.label), figure).written != figure.written:
            raise ValueError(f"item {at} gives '{figure.label}' a second value")
    for label, rule in derived.items():
        made = _derived(label.replace("_", " "), rule, known)
        if made is not None:
            known.setdefault(name_of(label), made)
    return [figure.line for figure in known.values()]


def name_of(label: str) -> str:
    """A label as it is compared: small letters, with single spaces."""
    return " ".join(label.replace("_", " ").split()).casefold()


def unknown(derived: Mapping[str, Derived]) -> Iterable[str]:
    """Labels of derived figures that no line could have."""
    return (label for label in derived if not _LINE.fullmatch(f"{label}: 0"))


def _fact(key: str, value: Any) -> Figure | None:
    if isinstance(value, bool) or value is None:
        return None
    percent = key.endswith(_PERCENT)
    label = key.removesuffix(_PERCENT).replace("_", " ").strip()
    if isinstance(value, datetime | date):
        value = value.isoformat()
    elif isinstance(value, float):
        # The shortest decimal that is this float: what the vendor's JSON said. Many give 12000.0 for 12000.
        value = f"{Decimal(repr(value)):f}".removesuffix(".0")
    elif isinstance(value, Decimal | int):
        value = f"{value:f}" if isinstance(value, Decimal) else str(value)
    try:
        return read(f"{label}: {value}{' %' if percent else ''}")
    except ValueError:
        return None


def _derived(label: str, rule: Derived, known: Mapping[str, Figure]) -> Figure | None:
    first, second = known.get(name_of(rule.of)), known.get(name_of(rule.per or rule.less))
    if first is None or second is None:
        return None
    of, other = first.value, second.value
    if not isinstance(of, Decimal) or not isinstance(other, Decimal) or first.percent or second.percent:
        return None
    with localcontext() as context:
        context.prec = 60
        if rule.less:
            return Figure(label, of - other)
        if other == 0:
            return None
        exact = of * (100 if rule.percent else 1) / other
        # Plus zero: no figure reads -0.00.
        rounded = exact.quantize(Decimal(1).scaleb(-rule.decimals), ROUND_HALF_UP) + 0
        return Figure(label, rounded, rule.percent)
