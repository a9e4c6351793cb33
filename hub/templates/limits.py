"""The limits of a contract: where a draft breaks them, why that matters, and what to do instead."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hub.domain import Draft, Variant
from hub.templates import conditions, exact, facts, figures

if TYPE_CHECKING:
    from hub.templates.contract import Contract, FieldSpec, Limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """One broken limit. ``where`` is ``draft`` or ``variant 1``…; ``span`` is (start, end) in its text.

    With ``raise_tier`` it is no reason to hold the draft, and a review of that tier looks at it.
    """

    rule: str
    where: str
    message: str
    why: str
    instead: str
    span: tuple[int, int] | None = None
    raise_tier: int | None = None


#: A draft that breaks a contract so often is read anew as a whole; more of it helps nobody.
MOST_STRAYS = 20

Found = tuple[str, tuple[int, int] | None]


def breaches(contract: Contract, draft: Draft, values: Mapping[str, Any]) -> tuple[Breach, ...]:
    """See ``Contract.breaches``."""
    return tuple(_all(contract, draft, values))


def _all(contract: Contract, draft: Draft, values: Mapping[str, Any]) -> Iterator[Breach]:
    count = len(draft.variants)
    counting = [limit for limit in contract.limits if not limit.given or _said(values.get(limit.given))]
    if not contract.min_variants <= count <= contract.max_variants:
        wanted = _range(contract.min_variants, contract.max_variants)
        yield Breach(
            rule="variants",
            where="draft",
            message=f"There are {count} variants; the contract asks for {wanted}.",
            why="The people who use this template count on that number.",
            instead="Ask again.",
        )
    for at, variant in enumerate(draft.variants, 1):
        where = f"variant {at}"
        for name, spec in contract.fields.items():
            for message, span in _shape(name, spec, variant):
                yield Breach(
                    rule="length" if not spec.enum else "choice",
                    where=where,
                    message=message,
                    why="The place it is written to takes no more, or is empty without it.",
                    instead="Shorten or complete it, or ask again.",
                    span=span,
                )
        for limit in counting:
            if all(variant.fields.get(name) == value for name, value in limit.when.items()):
                yield from _of_limit(limit, variant, where, values)
        if contract.facts == "subset":
            yield from _facts(variant, where, values)
    for limit in counting:
        for message in _across(limit, draft, values):
            yield _breach(limit, "draft", message, None)


def _shape(name: str, spec: FieldSpec, variant: Variant) -> Iterator[Found]:
    given = variant.fields.get(name, [] if spec.type == "array" else "")
    items = list(given) if spec.type == "array" else [given]
    if spec.type == "array" and (len(items) < spec.minItems or (spec.maxItems and len(items) > spec.maxItems)):
        yield f"'{name}' has {len(items)} items; {_range(spec.minItems, spec.maxItems)} are asked for.", None
    for item in items:
        long = len(item)
        if long > (spec.maxLength or long) or len(item.strip()) < spec.minLength:
            if not item.strip():
                yield f"'{name}' is empty.", None
            else:
                asked = _range(spec.minLength, spec.maxLength)
                yield f"'{name}' has {long} characters; {asked} are asked for.", _span(variant.text, item)
        if spec.enum and item not in spec.enum:
            yield f"'{name}' is none of: {', '.join(spec.enum)}.", _span(variant.text, item)


def _of_limit(limit: Limit, variant: Variant, where: str, values: Mapping[str, Any]) -> Iterator[Breach]:
    if limit.rule == "distinct":
        given = variant.fields.get(limit.field or "")
        if isinstance(given, list | tuple) and len({item.casefold().strip() for item in given}) < len(given):
            yield _breach(limit, where, f"Two of '{limit.field}' are the same.", None)
        return
    if limit.rule == "mentions":
        yield from _mentions(limit, variant, where, values)
        return
    if limit.rule in conditions.RULES:
        for message in conditions.broken(limit, values):
            yield _breach(limit, where, message, None)
        return
    check = _CHECKS.get(limit.rule)
    if check is None:
        return
    looked = variant.text if limit.field is None else variant.fields.get(limit.field, "")
    items = list(looked) if isinstance(looked, list | tuple) else [looked]
    # What has to come from an input has to do so item by item; everything else is about the whole.
    for text in items if limit.rule in ("quotes", "listed", "chosen") else ["\n".join(items)]:
        for message, span in check(limit, text, values):
            offset = 0 if limit.field is None else variant.text.find(text)
            moved = None if span is None or offset < 0 else (span[0] + offset, span[1] + offset)
            yield _breach(limit, where, message, moved)


def _mentions(limit: Limit, variant: Variant, where: str, values: Mapping[str, Any]) -> Iterator[Breach]:
    wanted = [item.casefold() for item in values.get(limit.input or "") or ()]
    given = variant.fields.get(limit.field or "")
    items = [given] if isinstance(given, str) else list(given or ())
    count = sum(any(one in item.casefold() for one in wanted) for item in items)
    if wanted and count < (limit.min or 0):
        said = f"{count} of '{limit.field}' hold one of '{limit.input}'; {_range(limit.min or 0, None)} are asked for."
        yield _breach(limit, where, said, None)


def _words(limit: Limit, text: str, values: Mapping[str, Any]) -> Iterator[Found]:
    yield from _counted(limit, len(text.split()), "words", text, values)


def _chars(limit: Limit, text: str, values: Mapping[str, Any]) -> Iterator[Found]:
    yield from _counted(limit, len(text), "characters", text, values)


def _counted(limit: Limit, count: int, unit: str, text: str, values: Mapping[str, Any]) -> Iterator[Found]:
    asked = values.get(limit.input) if limit.input else None
    most = min((one for one in (limit.max, asked) if isinstance(one, int | float)), default=None)
    if count < (limit.min or 0) or (most is not None and count > most):
        name = f"'{limit.field}'" if limit.field else "The text"
        wanted = _range(limit.min or 0, None if most is None else int(most))
        yield f"{name} has {count} {unit}; {wanted} are asked for.", (0, len(text))


def _must_contain(limit: Limit, text: str, _: Mapping[str, Any]) -> Iterator[Found]:
    folded = text.casefold()
    for value in limit.values:
        if value.casefold() not in folded:
            yield f"'{value}' is missing.", None


def _must_not_contain(limit: Limit, text: str, _: Mapping[str, Any]) -> Iterator[Found]:
    wrong = "must not stand here" if limit.raise_tier is None else f"asks for a review of tier {limit.raise_tier}"
    if limit.whole_words:
        for value in limit.values:
            # A sign such as % or € has no word around it to be part of.
            before, behind = (r"\w" if end.isalnum() else "(?!)" for end in (value[0], value[-1]))
            found = re.search(rf"(?<!{before}){re.escape(value)}(?!{behind})", text, re.IGNORECASE)
            if found:
                yield f"'{value}' {wrong}.", found.span()
        return
    lowered = text.lower()
    for value in limit.values:
        at = lowered.find(value.lower())
        if at >= 0:
            # Lower-casing can change the length of a few letters; a span that no longer fits is left out.
            span = (at, at + len(value)) if len(lowered) == len(text) else None
            yield f"'{value}' {wrong}.", span


def _sections(limit: Limit, text: str, _: Mapping[str, Any]) -> Iterator[Found]:
    lines = {line.strip().strip("#*: ").casefold() for line in text.split("\n")}
    for value in limit.values:
        if value.casefold() not in lines:
            yield f"The section '{value}' is missing.", None


def _keep_links(limit: Limit, text: str, values: Mapping[str, Any]) -> Iterator[Found]:
    links = facts.links(str(values.get(limit.input or "", "")))
    if links and not any(link in text for link in links):
        yield "The link of the source is missing.", None


def _quotes(limit: Limit, text: str, values: Mapping[str, Any]) -> Iterator[Found]:
    if text.strip() and text not in str(values.get(limit.input or "", "")):
        yield f"'{limit.field}' does not stand word for word in the source.", None


def _listed(limit: Limit, text: str, values: Mapping[str, Any]) -> Iterator[Found]:
    said = " ".join(text.split()).casefold()
    items = (" ".join(item.split()).casefold() for item in values.get(limit.input or "") or ())
    whole = re.compile(rf"(?<!\w){re.escape(said)}(?!\w)")
    if said not in {one.casefold() for one in limit.values} and not (said and any(map(whole.search, items))):
        yield f"'{limit.field}' names something that was not given.", None


def _chosen(limit: Limit, text: str, values: Mapping[str, Any]) -> Iterator[Found]:
    said = " ".join(text.split()).casefold()
    if said not in {" ".join(item.split()).casefold() for item in values.get(limit.input or "") or ()}:
        yield f"'{limit.field}' holds something that is no item of '{limit.input}'.", (0, len(text))


def _figures(limit: Limit, text: str, values: Mapping[str, Any]) -> Iterator[Found]:
    names = [str(values.get(name) or "") for name in limit.names]
    yield from exact.strays(text, figures.given(values.get(limit.input or "")), names)[:MOST_STRAYS]


_CHECKS: dict[str, Callable[[Limit, str, Mapping[str, Any]], Iterator[Found]]] = {
    "words": _words,
    "chars": _chars,
    "must_contain": _must_contain,
    "must_not_contain": _must_not_contain,
    "sections": _sections,
    "keep_links": _keep_links,
    "quotes": _quotes,
    "listed": _listed,
    "chosen": _chosen,
    "figures": _figures,
}


def _said(value: Any) -> bool:
    """Whether an input says anything."""
    return bool(value.strip() if isinstance(value, str) else value)


def _facts(variant: Variant, where: str, values: Mapping[str, Any]) -> Iterator[Breach]:
    for fact in facts.beyond(variant.fields.values(), values.values()):
        yield Breach(
            rule="facts",
            where=where,
            message=f"'{fact}' stands in the draft and not in what was given.",
            why="A number or link that nobody gave is likely to be made up.",
            instead="Take it out, or add it to the inputs if it is true and run again.",
            span=_span(variant.text, fact),
        )


def _across(limit: Limit, draft: Draft, values: Mapping[str, Any]) -> Iterator[str]:
    if limit.rule == "covers":
        named = [variant.fields.get(limit.field or "") for variant in draft.variants]
        for wanted in values.get(limit.input or "") or ():
            if wanted not in named:
                yield f"There is no variant for '{wanted}'."
        for name in dict.fromkeys(named):
            if named.count(name) > 1:
                yield f"There is more than one variant for '{name}'."
    elif limit.rule == "figures" and not limit.field:
        for text in _beside(draft):
            yield from (message for message, _ in _figures(limit, text, values))
    elif limit.rule == "distinct" and len(draft.variants) > 1:
        texts = [str(v.fields.get(limit.field, "") if limit.field else v.text).casefold() for v in draft.variants]
        if len(set(texts)) < len(texts):
            yield "Two variants are the same."


def _beside(draft: Draft) -> Iterator[str]:
    """What leaves with a draft and does not stand in the text of a variant."""
    for variant in draft.variants:
        for value in variant.fields.values():
            yield from (
                part for part in ([value] if isinstance(value, str) else value) if part.strip() not in variant.text
            )
    yield from (claim.text for claim in draft.claims)
    yield from draft.disclosures


def _breach(limit: Limit, where: str, message: str, span: tuple[int, int] | None) -> Breach:
    return Breach(
        rule=limit.rule,
        where=where,
        message=message,
        why=limit.why or "The template's contract asks for it.",
        instead=limit.instead or "Correct it in the draft, or ask again.",
        span=span,
        raise_tier=limit.raise_tier,
    )


def _span(text: str, part: str) -> tuple[int, int] | None:
    at = text.find(part) if part else -1
    return (at, at + len(part)) if at >= 0 else None


def _range(least: int, most: int | None) -> str:
    if most is None:
        return f"at least {least}"
    if least == most:
        return f"exactly {least}"
    return f"{least} to {most}" if least > 1 else f"at most {most}"
