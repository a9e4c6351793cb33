"""Google's discovery schemas at work: parse requests strictly, judge replies, apply ``fields`` masks.

The discovery documents ship inside google-api-python-client, so the schema is Google's own word. Messages marked
*measured* in the tests were recorded from the live API; the rest follow Google's usual wording.
"""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

Json = dict[str, Any]

#: Members of which at most one may be set, by schema: (name of the oneof, members). ``None`` stands for all of them.
ONEOFS: Mapping[str, tuple[str, frozenset[str] | None]] = {
    "Request": ("request", None),
    "InsertTextRequest": ("insertion_location", frozenset({"location", "endOfSegmentLocation"})),
    "DeleteNamedRangeRequest": ("named_range_reference", frozenset({"namedRangeId", "name"})),
    "ReplaceNamedRangeContentRequest": ("named_range_reference", frozenset({"namedRangeId", "namedRangeName"})),
    "WriteControl": ("control", frozenset({"requiredRevisionId", "targetRevisionId"})),
}

_SURROGATE = re.compile("[\ud800-\udfff]")
_MASK_TOKEN = re.compile(r"\s*([A-Za-z0-9_*.\-]+|[(),/])")


class BadPayload(Exception):
    """A body that is not what the schema describes. ``violations`` are (field, description) pairs, in snake case."""

    def __init__(self, violations: list[tuple[str, str]]) -> None:
        super().__init__("\n".join(text for _, text in violations))
        self.violations = violations


class BadMask(Exception):
    """A ``fields`` mask that cannot be read, or that names what the reply cannot hold."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """One schema or property, made ready for walking."""

    type: str
    format: str = ""
    ref: str = ""
    enum: frozenset[str] = frozenset()
    items: _Kind | None = None
    values: _Kind | None = None
    members: dict[str, _Kind] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)


class Schema:
    """One API's schemas. Bodies and replies are plain JSON values."""

    def __init__(self, schemas: Mapping[str, Any], package: str) -> None:
        self._package = package
        self._kinds = {name: _kind(raw) for name, raw in schemas.items()}

    def parse(self, name: str, body: Any) -> Json:
        """The body as the server keeps it: names in camel case, nulls dropped, ``"5"`` read as 5 for a number.

        Raises:
            BadPayload: an unknown name, a value of the wrong type, or two members of a oneof.
        """
        violations: list[tuple[str, str]] = []
        parsed = self._message(self._kinds[name], name, body, "", violations)
        if violations:
            raise BadPayload(violations)
        assert isinstance(parsed, dict)
        return parsed

    def problems(self, name: str, reply: Any) -> list[str]:
        """What is wrong with a reply: anything ``parse`` refuses, or would have to change to read it."""
        try:
            parsed = self.parse(name, reply)
        except BadPayload as bad:
            return [text for _, text in bad.violations]
        return [] if parsed == reply else [f"{name}: a null, a snake-case name or a number written as a string"]

    def select(self, name: str, reply: Json, mask: str) -> Json:
        """The part of a reply a ``fields`` mask names, such as ``id,owners(emailAddress)`` or ``body/content``.

        Raises:
            BadMask: the mask cannot be read, or names a field the schema does not have.
        """
        tree = parse_mask(mask)
        self._check_mask(self._kinds[name], tree)
        return _pick(reply, tree)

    def _check_mask(self, kind: _Kind, tree: Json) -> None:
        kind = self._resolve(kind)
        if kind.items is not None:
            return self._check_mask(kind.items, tree)
        if kind.values is not None or kind.type == "any":
            return None
        for member, below in tree.items():
            if member == "*":
                continue
            if member not in kind.members:
                raise BadMask(f"Invalid field selection {member}")
            if below:
                self._check_mask(kind.members[member], below)
        return None

    def _resolve(self, kind: _Kind) -> _Kind:
        return self._kinds[kind.ref] if kind.ref else kind

    def _value(self, kind: _Kind, value: Any, path: str, wrong: list[tuple[str, str]]) -> Any:
        if kind.ref:
            return self._message(self._kinds[kind.ref], kind.ref, value, path, wrong)
        match kind.type:
            case "object":
                return self._message(kind, "", value, path, wrong)
            case "array":
                if not isinstance(value, list):
                    return self._refuse(path, self._type_name(kind.items or kind, path), value, wrong)
                item = kind.items or _Kind("any")
                return [self._value(item, one, f"{path}[{at}]", wrong) for at, one in enumerate(value)]
            case "integer":
                return self._integer(kind, value, path, wrong)
            case "number":
                if isinstance(value, int | float) and not isinstance(value, bool):
                    return value
                return self._refuse(path, f"TYPE_{(kind.format or 'double').upper()}", value, wrong)
            case "boolean":
                return value if isinstance(value, bool) else self._refuse(path, "TYPE_BOOL", value, wrong)
            case "string":
                return self._string(kind, value, path, wrong)
        return value

    def _integer(self, kind: _Kind, value: Any, path: str, wrong: list[tuple[str, str]]) -> Any:
        number = value
        if (isinstance(value, str) and re.fullmatch(r"-?\d{1,10}", value)) or (
            isinstance(value, float) and value.is_integer()
        ):
            number = int(value)
        if isinstance(number, bool) or not isinstance(number, int) or not -(2**31) <= number < 2**31:
            return self._refuse(path, f"TYPE_{(kind.format or 'int32').upper()}", value, wrong)
        return number

    def _string(self, kind: _Kind, value: Any, path: str, wrong: list[tuple[str, str]]) -> Any:
        if not isinstance(value, str):
            return self._refuse(path, "TYPE_STRING", value, wrong)
        if _SURROGATE.search(value):
            wrong.append((path, "Invalid JSON payload received. A string holds half of a surrogate pair."))
            return value
        if kind.enum and value not in kind.enum:
            return self._refuse(path, self._type_name(kind, path), value, wrong)
        return value

    def _message(self, kind: _Kind, name: str, value: Any, path: str, wrong: list[tuple[str, str]]) -> Any:
        if not isinstance(value, dict):
            return self._refuse(path, f"type.googleapis.com/{self._package}.{name or 'Struct'}", value, wrong)
        if kind.values is not None:
            return {key: self._value(kind.values, one, f"{path}.{key}", wrong) for key, one in value.items()}
        parsed: Json = {}
        oneof, exclusive = ONEOFS.get(name, ("", frozenset()))
        taken = False
        for key, one in value.items():
            member = kind.names.get(key)
            if member is None:
                at = f" at '{path}'" if path else ""
                text = f'Invalid JSON payload received. Unknown name "{key}"{at}: Cannot find field.'
                wrong.append((path, text))
                continue
            if one is None:
                continue
            if oneof and (exclusive is None or member in exclusive):
                if taken:
                    text = f"oneof field '{oneof}' is already set. Cannot set '{key}'"
                    wrong.append((path, f"Invalid value at '{path}' (oneof), {text}"))
                    continue
                taken = True
            below = f"{path}.{snake(member)}" if path else snake(member)
            parsed[member] = self._value(kind.members[member], one, below, wrong)
        return parsed

    def _type_name(self, kind: _Kind, path: str) -> str:
        if kind.ref:
            return f"type.googleapis.com/{self._package}.{kind.ref}"
        if kind.enum:
            last = re.sub(r"\[\d+\]", "", path.rsplit(".", 1)[-1])
            return f"type.googleapis.com/{self._package}.{''.join(part.title() for part in last.split('_'))}"
        return f"TYPE_{kind.type.upper()}"

    @staticmethod
    def _refuse(path: str, type_name: str, value: Any, wrong: list[tuple[str, str]]) -> Any:
        shown = json.dumps(value)
        wrong.append((path, f"Invalid value at '{path}' ({type_name}), {shown[:200]}"))
        return value


@cache
def schema(api: str) -> Schema:
    """The schemas of ``docs.v1`` or ``drive.v3``."""
    spec = importlib.util.find_spec("googleapiclient")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("google-api-python-client is not installed; the sandbox takes Google's schemas from it")
    folder = Path(spec.submodule_search_locations[0]) / "discovery_cache" / "documents"
    raw = json.loads((folder / f"{api}.json").read_text(encoding="utf-8"))
    package = {"docs.v1": "google.apps.docs.v1"}.get(api, f"google.apps.{api}")
    return Schema(raw["schemas"], package)


def snake(name: str) -> str:
    """``insertText`` as ``insert_text``: the names in Google's error messages."""
    return re.sub(r"(?<!^)([A-Z])", lambda hit: "_" + hit.group(1).lower(), name)


def parse_mask(mask: str) -> Json:
    """A mask as a tree: ``a,b(c,d/e)`` is ``{"a": {}, "b": {"c": {}, "d": {"e": {}}}}``; ``{}`` keeps everything below.

    Raises:
        BadMask: brackets do not match, or a name is missing.
    """
    tokens: list[str] = []
    at = 0
    mask = mask.strip()
    while at < len(mask):
        hit = _MASK_TOKEN.match(mask, at)
        if hit is None:
            raise BadMask(f"Invalid field selection {mask}")
        tokens.append(hit.group(1))
        at = hit.end()
    tree, rest = _mask_list(tokens, mask)
    if rest or not tree:
        raise BadMask(f"Invalid field selection {mask}")
    return tree


def _mask_list(tokens: list[str], mask: str) -> tuple[Json, list[str]]:
    tree: Json = {}
    while True:
        spot = tree
        while True:
            if not tokens or tokens[0] in "(),/":
                raise BadMask(f"Invalid field selection {mask}")
            # The Docs API also takes dots between names, as every protobuf field mask does.
            for name in tokens[0].split("."):
                spot = spot.setdefault(name, {})
            tokens = tokens[1:]
            if tokens[:1] != ["/"]:
                break
            tokens = tokens[1:]
        if tokens[:1] == ["("]:
            below, tokens = _mask_list(tokens[1:], mask)
            if tokens[:1] != [")"]:
                raise BadMask(f"Invalid field selection {mask}")
            spot.update(below)
            tokens = tokens[1:]
        if tokens[:1] != [","]:
            return tree, tokens
        tokens = tokens[1:]


def _pick(value: Any, tree: Json) -> Any:
    if not tree:
        return value
    if isinstance(value, list):
        return [_pick(one, tree) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _pick(one, tree.get(key, tree.get("*", {}))) for key, one in value.items() if key in tree or "*" in tree
    }


def _kind(raw: Mapping[str, Any]) -> _Kind:
    if "$ref" in raw:
        return _Kind("object", ref=raw["$ref"])
    members = {key: _kind(value) for key, value in raw.get("properties", {}).items()}
    values = raw.get("additionalProperties")
    return _Kind(
        raw.get("type", "any"),
        format=raw.get("format", ""),
        enum=frozenset(raw.get("enum", ())),
        items=_kind(raw["items"]) if "items" in raw else None,
        values=_kind(values) if values else None,
        members=members,
        names={**{snake(key): key for key in members}, **{key: key for key in members}},
    )
