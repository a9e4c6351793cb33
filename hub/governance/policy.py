"""A team's policy: which checks run, in which order, with which rules. Built from rule-packs, which are YAML data."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cached_property, lru_cache
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, ValidationError, field_validator, model_validator

from hub import faults
from hub.errors import InvalidInputs
from hub.governance.grammar import RuleBook
from hub.governance.rules import (
    ClaimsRules,
    Data,
    InjectionRules,
    JudgeRules,
    NoRules,
    PersonalDataRules,
    RuleData,
    RuleId,
    Said,
    SecretsRules,
    content_hash,
)

Side = Literal["input", "output"]
OnFailure = Literal["flag", "hold", "deny"]
#: Checks that nothing may pass without: what they stop can do harm that no note makes good.
NEVER_FLAGGED = frozenset({"personal_data", "secrets", "output_contract"})
_STRICTER: tuple[OnFailure, ...] = ("flag", "hold", "deny")
LARGEST_PACK = 5_000_000
_RULES: Mapping[str, type[Data]] = {
    "copy_rules": RuleBook,
    "personal_data": PersonalDataRules,
    "secrets": SecretsRules,
    "injection": InjectionRules,
    "output_contract": NoRules,
    "claims": ClaimsRules,
    "judge": JudgeRules,
}


class CheckRule(Data):
    """One check of a policy. ``sides`` None means every side the check serves.

    ``on_failure`` is the outcome when the check raises or is too slow: hold where nobody says, deny, or flag, which
    lets pass and puts on record that nobody looked. Flag is the organisation's to say, and never of ``NEVER_FLAGGED``.
    """

    name: RuleId
    sides: Annotated[tuple[Side, ...], Field(min_length=1)] | None = None
    on_failure: OnFailure | None = None
    rules: dict[str, Any] = Field(default_factory=dict)

    @field_validator("rules", mode="before")
    @classmethod
    def _as_json(cls, rules: Any) -> Any:
        return json.loads(json.dumps(rules, default=str))

    @model_validator(mode="after")
    def _rules_are_understood(self) -> CheckRule:
        model = _RULES.get(self.name)
        if model is not None:
            try:
                model.model_validate(self.rules)
            except ValidationError as error:
                raise ValueError("; ".join(f"{at}: {what}" for at, what in complaints(error, self.rules))) from None
        return self

    @model_validator(mode="after")
    def _may_be_flagged(self) -> CheckRule:
        if self.on_failure == "flag" and self.name in NEVER_FLAGGED:
            raise ValueError(f"on_failure: nothing passes without the check '{self.name}'; say hold or deny")
        return self

    @property
    def failing(self) -> OnFailure:
        """What happens when the check fails; hold where no pack says anything."""
        return self.on_failure or "hold"

    @cached_property
    def data(self) -> RuleData:
        """The rules as the check receives them."""
        return RuleData(self.rules)


class Pack(Data):
    """One rule-pack: a named, versioned bundle of checks with their rules."""

    pack: RuleId
    version: int
    title: Said
    description: str = ""
    #: Whether it is in force for an organisation that chose no packs.
    default: bool = True
    #: How many people have to approve what needs a specialist.
    reviewers: Literal[1, 2] = 1
    checks: tuple[CheckRule, ...]

    @model_validator(mode="after")
    def _rules_carry_the_packs_name(self) -> Pack:
        """The rule ``science`` of ``claims-us`` becomes ``claims-us.science``: a finding says whose rule it is."""
        object.__setattr__(self, "checks", tuple(_named(check, self.pack) for check in self.checks))
        return self


class Policy(Data):
    """The rules in force for a team. ``revision`` is 16 hex digits of the content: same rules, same revision."""

    revision: str = ""
    packs: tuple[str, ...] = ()
    #: How many people have to approve what needs a specialist: as many as the strictest pack asks for.
    reviewers: Literal[1, 2] = 1
    checks: Annotated[tuple[CheckRule, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _revision_is_the_content(self) -> Policy:
        names = [check.name for check in self.checks]
        if len(set(names)) != len(names):
            raise ValueError("a check is named twice; one entry holds all its rules")
        revision = content_hash(self.model_dump(mode="json", exclude={"revision"}))[:16]
        if self.revision not in ("", revision):
            raise ValueError("the rules are not those of the revision: the policy was altered after it was stored")
        object.__setattr__(self, "revision", revision)
        return self


def load_pack(text: str, name: str = "rule-pack") -> Pack:
    """The pack in a YAML text.

    Raises:
        InvalidInputs: no YAML, an unknown key, a bad pattern, a rule without ``why`` or ``instead``; each is named.
    """
    what = f"The rule-pack '{name}' cannot be used."
    if len(text) > LARGEST_PACK:
        raise InvalidInputs(what, fields={name: f"longer than {LARGEST_PACK:,} characters"})
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        # A chain of aliases makes a few lines of YAML expand to gigabytes; packs have no use for them.
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=loader)):
            raise InvalidInputs(what, fields={name: "YAML aliases (*name) are not used in rule-packs"})
        data = yaml.load(text, Loader=loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" at line {mark.line + 1}" if mark else ""
        raise InvalidInputs(what, fields={name: f"this is no YAML{place}"}) from None
    try:
        return Pack.model_validate(data)
    except ValidationError as error:
        raise InvalidInputs(what, fields=dict(complaints(error, data)), instead="Correct these places.") from None


@lru_cache(maxsize=64)
def parse_policy(text: str) -> Policy:
    """The policy in a JSON text, as ``Policy.model_dump_json`` writes it. The last ones parsed are kept.

    Raises:
        InvalidInputs: it is no policy, or its rules are not those of its revision.
    """
    try:
        return Policy.model_validate_json(text)
    except ValidationError as error:
        raise InvalidInputs("The stored policy cannot be used.", fields=dict(complaints(error, None))) from None


def build_policy(packs: Iterable[Pack]) -> Policy:
    """One policy from packs, in their order. Where two name one check, lists are joined and the stricter failure holds.

    Raises:
        InvalidInputs: two packs contradict each other, or there is no check at all.
    """
    packs = tuple(packs)
    merged: dict[str, CheckRule] = {}
    for pack in packs:
        for rule in pack.checks:
            before = merged.get(rule.name)
            merged[rule.name] = rule if before is None else _merge(before, rule, pack.pack)
    try:
        checks = tuple(rule.model_copy(update={"on_failure": rule.failing}) for rule in merged.values())
        return Policy(
            packs=tuple(f"{pack.pack}@{pack.version}" for pack in packs),
            reviewers=2 if any(pack.reviewers == 2 for pack in packs) else 1,
            checks=checks,
        )
    except ValidationError as error:
        raise InvalidInputs("These rule-packs make no policy.", fields=dict(complaints(error, None))) from None


def complaints(error: ValidationError, data: Any) -> list[tuple[str, str]]:
    """(place, what is wrong) for each fault, the place with the id of the rule it belongs to."""
    return [(_place(fault["loc"], data), faults.said(fault)) for fault in error.errors()]


def _named(check: CheckRule, pack: str) -> CheckRule:
    if check.name not in ("copy_rules", "judge"):
        return check
    rules = [rule | {"id": _under(pack, rule["id"])} for rule in check.rules.get("rules", ())]
    return check.model_copy(update={"rules": {**check.rules, "rules": rules}})


def _under(pack: str, id: str) -> str:
    return id if id.startswith(f"{pack}.") else f"{pack}.{id}"


def _place(loc: tuple[int | str, ...], data: Any) -> str:
    path = ""
    for step in loc:
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else str(step)
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            data = None
        if isinstance(data, dict) and isinstance(step, int):
            known = data.get("id") or data.get("name")
            path += f" ({known})" if isinstance(known, str) else ""
    return path or "the whole"


def _joined(first: list[Any], second: list[Any]) -> list[Any]:
    return [*first, *(item for item in second if item not in first)]


def _stricter(one: OnFailure | None, other: OnFailure | None) -> OnFailure | None:
    """The stricter of two steps; a part of a policy that says nothing does not count."""
    if one is None or other is None:
        return one or other
    return one if _STRICTER.index(one) >= _STRICTER.index(other) else other


def _merge(first: CheckRule, second: CheckRule, pack: str) -> CheckRule:
    sides = None if first.sides is None or second.sides is None else tuple(dict.fromkeys(first.sides + second.sides))
    rules = dict(first.rules)
    for key, value in second.rules.items():
        before = rules.get(key)
        if isinstance(value, list) and isinstance(before, list | None):
            rules[key] = _joined(before or [], value)
        elif isinstance(value, dict) and isinstance(before, dict):  # registers
            rules[key] = {**before, **{name: _joined(before.get(name, []), more) for name, more in value.items()}}
        elif rules.setdefault(key, value) != value:
            raise InvalidInputs(
                "Two rule-packs contradict each other.",
                fields={f"{first.name}.{key}": f"the pack '{pack}' says something else than a pack before it"},
                instead="Take one of the two packs, or give both the same value.",
            )
    strictest = _stricter(first.on_failure, second.on_failure)
    try:
        return CheckRule(name=first.name, sides=sides, on_failure=strictest, rules=rules)
    except ValidationError as error:
        raise InvalidInputs(
            "Two rule-packs do not fit together.", fields={first.name: str(dict(complaints(error, None)))}
        ) from None
