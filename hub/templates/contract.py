"""The output contract: which parts an answer has, the limits on them, and how they read as text in a document."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from hub.domain import Comment, Draft
from hub.templates import answer, conditions, limits, sandbox

Rule = Literal[
    "words",
    "chars",
    "must_contain",
    "must_not_contain",
    "sections",
    "distinct",
    "covers",
    "keep_links",
    "quotes",
    "listed",
    "chosen",
    "mentions",
    "figures",
    "input_says",
    "input_in_time",
    "input_lacks",
    "input_holds",
]

_OF_AN_INPUT = frozenset(
    {"covers", "keep_links", "quotes", "listed", "chosen", "mentions", "figures", *conditions.RULES}
)
#: The field that holds the passage a remark is about.
QUOTE = "quote"


class FieldSpec(BaseModel):
    """One part of a variant, in JSON Schema's own words. In an array the lengths are of each item, in characters."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["string", "array"] = "string"
    description: str = ""
    minLength: int = Field(default=0, ge=0, le=20_000)
    maxLength: int | None = Field(default=None, ge=1, le=1_000_000)
    minItems: int = Field(default=0, ge=0, le=100)
    maxItems: int | None = Field(default=None, ge=1, le=1_000)
    enum: tuple[str, ...] = ()


class Limit(BaseModel):
    """One rule on every variant, or on those where each field of ``when`` has the value given there.

    ``field`` names the part it looks at; left out, it looks at the variant's whole text.

    words, chars        between ``min`` and ``max``, and no more than the number input ``input`` says, if it is given
    must_contain        each of ``values``, in any case
    must_not_contain    none of ``values``, in any case
    sections            each of ``values`` is the heading of a line
    distinct            no two items of an array, and no two variants, are the same
    covers              the variants together name every item of the list input ``input``
    keep_links          a link in the text input ``input`` stands in the variant too
    quotes              ``field``, or each of its items, is empty or stands word for word in the text input ``input``
    listed              ``field`` stands in an item of the list input ``input``, as whole words, or is one of ``values``
    chosen              ``field``, or each of its items, is an item of the list input ``input``, in any case
    mentions            at least ``min`` items of ``field`` hold an item of the list input ``input``, if it has any
    figures             every number and date is a figure of the list input ``input``, or part of what one of the inputs
                        ``names`` says; in claims, disclosures and fields that are not printed too
    input_says          a line ``label: text`` of the text input ``input`` has one of ``values`` in its label, as whole
                        words; ``label: word`` asks for that word in its text too
    input_in_time       no line of the text input ``input`` with one of ``values`` in its label says a day that has
                        passed on the day the input ``names`` says, or one that cannot be read for certain
    input_lacks         nothing the inputs ``names`` say stands in the text input ``input``, as whole words
    input_holds         all that the inputs ``names`` say stands in the text input ``input``

    The last four look at what was given; with ``when`` they say which answer it allows. With ``given`` a limit counts
    only where that input says something. ``whole_words`` has must_not_contain look for whole words only. A limit with
    ``raise_tier`` holds nothing: what breaks it needs a review of that tier at least.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rule: Rule
    field: str | None = None
    min: int | None = Field(default=None, ge=0, le=20_000)
    max: int | None = Field(default=None, ge=0, le=1_000_000)
    values: tuple[str, ...] = ()
    input: str | None = None
    names: tuple[str, ...] = ()
    whole_words: bool = False
    raise_tier: int | None = Field(default=None, ge=1, le=3)
    when: dict[str, str] = {}
    given: str = ""
    why: str = ""
    instead: str = ""

    @model_validator(mode="after")
    def _complete(self) -> Limit:
        if self.rule in ("words", "chars") and self.min is None and self.max is None and not self.input:
            raise ValueError(f"a limit of {self.rule} needs min or max, or input")
        if self.rule in ("must_contain", "must_not_contain", "sections") and not self.values:
            raise ValueError(f"{self.rule} needs values")
        if self.rule in _OF_AN_INPUT and not self.input:
            raise ValueError(f"{self.rule} needs input")
        if self.rule in ("covers", "quotes", "listed", "chosen", "mentions") and not self.field:
            raise ValueError(f"{self.rule} needs field")
        if self.rule in ("input_says", "input_in_time") and not self.values:
            raise ValueError(f"{self.rule} needs values")
        if self.rule in ("input_in_time", "input_lacks", "input_holds") and not self.names:
            raise ValueError(f"{self.rule} needs names")
        if self.rule == "mentions" and not self.min:
            raise ValueError("mentions needs min")
        return self


class Contract(BaseModel):
    """What an answer must be.

    ``text`` is Jinja: how a variant's fields read as text. ``write`` says what goes into the document: the first
    variant, when they are alternatives; all of them, when each is for another place; or comments: then every variant
    is a remark about the passage in its field ``quote``, and no text is changed; one without a quote is not written.
    ``facts: subset`` says that every number and link in a variant must stand in the inputs.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_variants: int = Field(default=1, ge=1, le=20)
    max_variants: int = Field(default=1, ge=1, le=20)
    fields: dict[str, FieldSpec] = Field(min_length=1)
    text: str = ""
    write: Literal["first", "all", "comments"] = "first"
    limits: tuple[Limit, ...] = ()
    facts: Literal["subset"] | None = None

    @model_validator(mode="after")
    def _named(self) -> Contract:
        if self.max_variants < self.min_variants:
            raise ValueError("max_variants is below min_variants")
        if self.write == "comments" and (QUOTE not in self.fields or self.fields[QUOTE].type != "string"):
            raise ValueError(f"write: comments needs a field '{QUOTE}', the passage a remark is about")
        for limit in self.limits:
            for name in filter(None, (limit.field, *limit.when)):
                if name not in self.fields:
                    raise ValueError(f"a limit of {limit.rule} names the field '{name}', which is not among fields")
        return self

    @property
    def text_template(self) -> str:
        """The Jinja text of a variant; without one, the fields below each other."""
        return self.text or "\n\n".join(
            f"{{{{ {name} | join('\\n') }}}}" if spec.type == "array" else f"{{{{ {name} }}}}"
            for name, spec in self.fields.items()
        )

    def as_text(self, fields: Mapping[str, Any]) -> str:
        """One variant's fields as the text that goes into a document."""
        return sandbox.render(self.text_template, fields).strip()

    def remarks(self, draft: Draft) -> tuple[Comment, ...]:
        """What a draft has to say beside a document; empty where it is a text for the document.

        A remark about no passage says that there is nothing to remark. It is shown with the run and written nowhere.
        """
        if self.write != "comments":
            return ()
        found = ((str(one.fields.get(QUOTE, "")), one.text) for one in draft.variants)
        return tuple(Comment(quote=quote, text=text) for quote, text in found if quote.strip())

    def to_write(self, draft: Draft) -> str:
        """The text of a draft that goes into a document."""
        if self.write == "comments":
            return ""
        variants = draft.variants if self.write == "all" else draft.variants[:1]
        return "\n\n".join(variant.text for variant in variants)

    def json_schema(self) -> Mapping[str, Any]:
        """The common envelope with this contract's fields, as JSON Schema in the strict style of structured outputs.

        Every object is closed and every property required. Lengths and counts stand in the descriptions only: several
        endpoints refuse ``maxLength`` or ``minItems`` in a strict schema. ``breaches`` holds them.
        """
        return self._schema

    @cached_property
    def plain(self) -> Mapping[str, Any]:
        """The contract as plain data, to be read only."""
        return self.model_dump()

    @cached_property
    def _schema(self) -> dict[str, Any]:
        claim = _closed({"text": {"type": "string"}, "evidence_id": {"type": ["string", "null"]}})
        lines = {"type": "array", "items": {"type": "string"}}
        variant = _closed({name: _property(spec) for name, spec in self.fields.items()})
        count = _between("variants", self.min_variants, self.max_variants)
        return _closed(
            {
                "variants": {"type": "array", "items": variant, "description": count},
                "claims": {"type": "array", "items": claim},
                "disclosures": lines,
                "assumptions": lines,
                "missing_inputs": lines,
            }
        )

    @cached_property
    def shape(self) -> str:
        """The envelope as a short example for the prompt: all that endpoints without structured outputs get."""
        variant = {
            name: [f"<{_said(spec)}>"] if spec.type == "array" else f"<{_said(spec)}>"
            for name, spec in self.fields.items()
        }
        envelope = {
            "variants": [variant],
            "claims": [{"text": "<statement>", "evidence_id": None}],
            "disclosures": [],
            "assumptions": [],
            "missing_inputs": ["<what you would need and do not have>"],
        }
        count = _between("variants", self.min_variants, self.max_variants)
        return f"{json.dumps(envelope, ensure_ascii=False)}\n{count}"

    def parse(self, text: str) -> Draft:
        """The draft in a model's answer, cleaned of characters no system stores.

        A code fence, or words around one JSON object, are read past. Limits are not looked at: see ``breaches``.

        Raises:
            ContractBroken: the answer is nothing, a web page, half a JSON, or of another shape.
        """
        return answer.parse(self, text)

    def breaches(self, draft: Draft, values: Mapping[str, Any]) -> tuple[limits.Breach, ...]:
        """Where a draft breaks the limits; empty when it keeps them all. ``values`` are those of the same run."""
        return limits.breaches(self, draft, values)


def _closed(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _property(spec: FieldSpec) -> dict[str, Any]:
    item: dict[str, Any] = {"type": "string"}
    if spec.enum:
        item["enum"] = list(spec.enum)
    if spec.type == "array":
        return {"type": "array", "items": item, "description": _said(spec)}
    return {**item, "description": _said(spec)}


def _said(spec: FieldSpec) -> str:
    parts = [spec.description.strip().rstrip(".")] if spec.description else []
    if spec.type == "array" and (spec.minItems or spec.maxItems):
        parts.append(_between("items", spec.minItems, spec.maxItems).rstrip("."))
    if spec.minLength > 1 or spec.maxLength:
        each = " each" if spec.type == "array" else ""
        parts.append(_between(f"characters{each}", spec.minLength, spec.maxLength).rstrip("."))
    if spec.enum:
        parts.append("One of: " + ", ".join(one or '""' for one in spec.enum))
    return ". ".join(parts) + "." if parts else "Text."


def _between(unit: str, least: int, most: int | None) -> str:
    if most is None:
        return f"At least {least} {unit}."
    if least == most:
        return f"Exactly {least} {unit}." if least != 1 else f"Exactly one {unit.removesuffix('s')}."
    return f"{least} to {most} {unit}." if least > 1 else f"At most {most} {unit}."
