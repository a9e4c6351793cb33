"""Reading a model's answer: its JSON object becomes a draft, anything else an error that says what came instead."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import jinja2

from hub.clean import clean_json, clean_text
from hub.domain import Claim, Draft, Variant
from hub.errors import BadAnswer
from hub.templates.sandbox import RenderedTooLong

if TYPE_CHECKING:
    from hub.templates.contract import Contract, FieldSpec

MAX_ANSWER = 1_000_000
MAX_VARIANTS = 50
_TRIES = 8
_PAGE = re.compile(r"\s*<(?:!doctype|html|head|body|\?xml)", re.IGNORECASE)


class ContractBroken(BadAnswer):
    """The answer is no draft. ``breaches`` says why in plain words and never quotes the answer."""

    code = "contract-broken"

    def __init__(self, *breaches: str) -> None:
        super().__init__(
            "The model's answer is not a draft.",
            why=" ".join(breaches),
            instead="Run it again. If it happens again, choose another model, or ask the template's owner.",
        )
        self.breaches = breaches


def parse(contract: Contract, text: str) -> Draft:
    """See ``Contract.parse``."""
    envelope = clean_json(_object(text))
    wrong: list[str] = []
    variants = _variants(contract, envelope.get("variants"), wrong)
    claims = _claims(envelope.get("claims"), wrong)
    disclosures = _lines(envelope, "disclosures", wrong)
    assumptions = _lines(envelope, "assumptions", wrong)
    missing_inputs = _lines(envelope, "missing_inputs", wrong)
    if wrong:
        raise ContractBroken(*wrong[:20])
    try:
        written = tuple(Variant(text=contract.as_text(fields), fields=fields) for fields in variants)
    except (jinja2.TemplateError, RenderedTooLong) as error:
        raise ContractBroken(f"The template's own text of a variant does not fit ({type(error).__name__}).") from None
    return Draft(
        variants=written,
        claims=claims,
        disclosures=disclosures,
        assumptions=assumptions,
        missing_inputs=missing_inputs,
        raw=clean_text(text),
    )


def _object(text: str) -> dict[str, Any]:
    if not isinstance(text, str) or not text.strip():
        raise ContractBroken("The model answered nothing.")
    if len(text) > MAX_ANSWER:
        raise ContractBroken(f"The answer is longer than {MAX_ANSWER:,} characters.")
    if _PAGE.match(text):
        raise ContractBroken("The model's address answered with a web page. The address in the settings may be wrong.")
    first = text.find("{")
    if first < 0:
        raise ContractBroken("The answer is plain text where a JSON object was asked for.")
    seen: dict[str, Any] | None = None
    for found in _objects(text):
        if "variants" in found:
            return found
        seen = seen or found
    if seen is not None:
        raise ContractBroken("The answer is a JSON object without variants.")
    cut = text.rstrip().rstrip("`").rstrip()[-1:] not in ("}", "]")
    raise ContractBroken(
        "The answer stops in the middle of its JSON." if cut else "The answer holds JSON that cannot be read."
    )


def _objects(text: str) -> Iterator[dict[str, Any]]:
    # strict=False: models put bare line breaks into strings. The number of tries is bounded, so a hostile answer full
    # of opening braces costs a few scans and no more.
    decoder = json.JSONDecoder(strict=False)
    at = text.find("{")
    for _ in range(_TRIES):
        if at < 0:
            return
        try:
            found, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            end = at + 1
        else:
            yield found
        at = text.find("{", end)


def _variants(contract: Contract, given: Any, wrong: list[str]) -> list[dict[str, Any]]:
    if not isinstance(given, list) or not given:
        wrong.append("There is no variant in the answer.")
        return []
    if len(given) > MAX_VARIANTS:
        wrong.append(f"There are more than {MAX_VARIANTS} variants.")
        return []
    return [_fields(contract, f"Variant {at}", variant, wrong) for at, variant in enumerate(given, 1)]


def _fields(contract: Contract, where: str, given: Any, wrong: list[str]) -> dict[str, Any]:
    if not isinstance(given, dict):
        wrong.append(f"{where} is no object.")
        return {}
    fields: dict[str, Any] = {}
    for name, spec in contract.fields.items():
        if name not in given:
            wrong.append(f"{where} has no '{name}'.")
        elif not _is(spec, given[name]):
            wrong.append(f"{where}: '{name}' should be {'a list of texts' if spec.type == 'array' else 'text'}.")
        else:
            fields[name] = given[name]
    return fields


def _is(spec: FieldSpec, value: Any) -> bool:
    if spec.type == "array":
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    return isinstance(value, str)


def _claims(given: Any, wrong: list[str]) -> tuple[Claim, ...]:
    # A list left out reads as an empty one: endpoints without structured outputs drop empty lists often.
    claims: list[Claim] = []
    for item in given if isinstance(given, list) else []:
        evidence = item.get("evidence_id") if isinstance(item, dict) else None
        if isinstance(item, str):
            claims.append(Claim(text=item))
        elif isinstance(item, dict) and isinstance(item.get("text"), str) and isinstance(evidence, str | None):
            claims.append(Claim(text=item["text"], evidence_id=evidence or None))
        else:
            wrong.append("A claim should have a text and the id of its evidence, or null.")
    if given is not None and not isinstance(given, list):
        wrong.append("'claims' should be a list.")
    return tuple(claims)


def _lines(envelope: dict[str, Any], name: str, wrong: list[str]) -> tuple[str, ...]:
    given = envelope.get(name)
    if given is None:
        return ()
    if not isinstance(given, list) or not all(isinstance(item, str) for item in given):
        wrong.append(f"'{name}' should be a list of texts.")
        return ()
    return tuple(item for item in given if item.strip())
