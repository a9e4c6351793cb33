"""The data a policy may hold for the built-in checks, as models that refuse what they do not understand."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from hub.governance.patterns import compile_pattern

Said = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
RuleId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=200)]
Kind = Literal["email", "phone", "iban", "card", "ssn", "ip", "name"]
KINDS: tuple[Kind, ...] = ("email", "phone", "iban", "card", "ssn", "ip", "name")


class Data(BaseModel):
    """Frozen, an unknown key is an error, and an error never quotes the value it complains about."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, populate_by_name=True)


class PersonalDataRules(Data):
    """``allow`` lists values that are no personal data: a press address, the switchboard, a whole ``@domain``, a brand.

    The kind ``name`` finds something only where the operator has named a spaCy model: ``INLAY_SPACY_MODEL``.
    """

    kinds: tuple[Kind, ...] = KINDS
    regions: tuple[Annotated[str, StringConstraints(pattern="^[A-Z]{2}$")], ...] = ("US", "GB", "DE", "FR")
    allow: tuple[Said, ...] = ()


class SecretRule(Data):
    """One more kind of secret a team knows of, as a re2 pattern."""

    id: RuleId
    what: Said
    pattern: Said
    why: Said
    instead: Said

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str) -> str:
        if compile_pattern(pattern).search("") is not None:
            raise ValueError("the pattern matches the empty text, so it would match everywhere")
        return pattern


class SecretsRules(Data):
    patterns: tuple[SecretRule, ...] = ()


class InjectionRules(Data):
    """``severity`` warn notes an order to the model, block holds the run. Two packs may not say both."""

    severity: Literal["warn", "block"] = "warn"


class ClaimsRules(Data):
    """``severity`` block holds a draft whose claim its evidence does not carry; warn notes it and asks for tier 3."""

    severity: Literal["warn", "block"] = "block"


class JudgeRule(Data):
    """A question a model answers about a draft; yes means that the rule is broken."""

    id: RuleId
    question: Said
    severity: Literal["block", "warn"] = "warn"
    raise_tier: Annotated[int, Field(ge=1, le=3)] | None = None
    why: Said
    instead: Said
    source: str = ""
    checked_on: date | None = None


class JudgeRules(Data):
    rules: tuple[JudgeRule, ...] = ()

    @model_validator(mode="after")
    def _each_once(self) -> JudgeRules:
        if len({rule.id for rule in self.rules}) != len(self.rules):
            raise ValueError("two questions have one id")
        return self


class NoRules(Data):
    pass


def content_hash(data: Any) -> str:
    """SHA-256 of JSON data in its canonical form, as 64 hex digits."""
    text = json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class RuleData(Mapping[str, Any]):
    """A check's rules as it receives them: read only, with the ``digest`` of their content computed once."""

    __slots__ = ("_data", "digest")

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = dict(data)
        self.digest = content_hash(self._data)

    def __getitem__(self, key: str) -> Any:
        return self._data[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)


T = TypeVar("T")


class Compiled(Generic[T]):
    """What a check builds from its rules, built once per content and kept for the ``size`` rule sets used last."""

    def __init__(self, build: Callable[[Mapping[str, Any]], T], size: int = 32) -> None:
        self._build = build
        self._size = size
        self._kept: dict[str, T] = {}
        self._lock = threading.Lock()

    def get(self, rules: Mapping[str, Any]) -> T:
        digest = rules.digest if isinstance(rules, RuleData) else content_hash(dict(rules))
        with self._lock:
            if digest in self._kept:
                self._kept[digest] = self._kept.pop(digest)
                return self._kept[digest]
        built = self._build(rules)
        with self._lock:
            self._kept[digest] = built
            while len(self._kept) > self._size:
                del self._kept[next(iter(self._kept))]
        return built
