"""The form of a connector's settings, made from its model: fields with their help, what was typed, what is wrong."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Union, get_args, get_origin

import yaml
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from hub.clean import clean_text
from hub.faults import sentence as plainly
from hub.sdk import ConnectorSettings, Secret

Settings = type[ConnectorSettings]
Kind = Literal["text", "secret", "long secret", "choice", "yes", "number", "lines", "pairs"]
#: What stands before a setting's name among the fields of a form.
PREFIX = "setting."


@dataclass(frozen=True, slots=True)
class Field:
    """One setting as a form shows it. ``set_on`` is when its secret was set; the secret itself is never shown."""

    name: str
    kind: Kind
    help: str
    required: bool = False
    value: str = ""
    choices: tuple[str, ...] = ()
    wrong: str = ""
    set_on: float | None = None

    @property
    def label(self) -> str:
        return self.name.replace("_", " ").capitalize()


@dataclass(frozen=True, slots=True)
class Form:
    """A whole form: what a set-up begins with, everything else, and what is wrong beyond a single field."""

    first: tuple[Field, ...]
    more: tuple[Field, ...]
    wrong: str = ""
    #: Whether a secret was typed that has to be typed again.
    secrets_again: bool = False

    @property
    def faulty(self) -> bool:
        return bool(self.wrong) or any(one.wrong for one in (*self.first, *self.more))

    @property
    def more_is_wrong(self) -> bool:
        return any(one.wrong for one in self.more)


@dataclass(frozen=True, slots=True)
class Faults:
    """What is wrong with given settings: by field, and beyond any field."""

    fields: Mapping[str, str] = field(default_factory=dict)
    whole: str = ""

    def __bool__(self) -> bool:
        return bool(self.fields or self.whole)


def form(
    settings: Settings,
    standing: Mapping[str, Any] | None = None,
    *,
    typed: Mapping[str, str] | None = None,
    faults: Faults | None = None,
    dates: Mapping[str, float] | None = None,
) -> Form:
    """The form.

    Args:
        standing: the settings as they are stored, without secrets; None for a new connection.
        typed: what was sent, to be shown again; secrets in it are not.
        dates: when each secret was set.
    """
    faults, order = faults or Faults(), settings.asked_first
    if not order:
        secret = settings.secret_names()
        order = tuple(name for name, info in settings.model_fields.items() if info.is_required() or name in secret)
    made = {
        name: _field(settings, name, info, standing, typed, faults.fields.get(name, ""), dates or {})
        for name, info in settings.model_fields.items()
    }
    again = any(one.kind.endswith("secret") and (typed or {}).get(PREFIX + one.name) for one in made.values())
    return Form(
        first=tuple(made[name] for name in order),
        more=tuple(one for name, one in made.items() if name not in order),
        wrong=faults.whole,
        secrets_again=bool(again),
    )


def read(settings: Settings, sent: Mapping[str, str], secrets: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A sent form as settings to validate; what was left empty is left out.

    Args:
        secrets: those that are set already: one that was left empty stays, unless the form says to remove it.
    """
    given: dict[str, Any] = {}
    for name, info in settings.model_fields.items():
        kind, raw = kind_of(settings, name, info), clean_text(sent.get(PREFIX + name, "")).replace("\r\n", "\n")
        if kind.endswith("secret"):
            if raw.strip():
                given[name] = raw.strip()
            elif name in (secrets or {}) and not sent.get(f"remove.{name}"):
                given[name] = (secrets or {})[name]
        elif kind == "yes":
            if bool(raw) != bool(_default(info)):
                given[name] = bool(raw)
        elif not raw.strip() or raw.strip() == _shown(kind, _default(info)).strip():
            continue  # As by default; a setting that was given counts as wanted.
        elif kind == "lines":
            given[name] = [line.strip() for line in raw.splitlines() if line.strip()]
        elif kind == "pairs":
            given[name] = _pairs(raw)
        else:
            given[name] = raw.strip()
    return given


def faults(settings: Settings, given: Mapping[str, Any]) -> Faults:
    """What the settings' model says against these."""
    found: dict[str, str] = {}
    whole: list[str] = []
    try:
        settings.model_validate(dict(given))
    except ValidationError as error:
        for one in error.errors(include_input=False, include_url=False):
            sentence = plainly(one)
            if one["loc"]:
                found.setdefault(str(one["loc"][0]), sentence)
            else:
                whole.append(sentence)
    return Faults(found, " ".join(whole))


def kind_of(settings: Settings, name: str, info: FieldInfo) -> Kind:
    """Which kind of field a setting is, by its type."""
    if name in settings.secret_names():
        return "long secret" if name in settings.long_secrets else "secret"
    kind = _bare(info.annotation)
    origin = get_origin(kind) or kind
    if origin is Literal:
        return "choice"
    if kind is bool:
        return "yes"
    if kind in (int, float):
        return "number"
    if origin in (tuple, list, frozenset, set):
        return "lines"
    return "pairs" if isinstance(origin, type) and issubclass(origin, Mapping) else "text"


def _field(
    settings: Settings,
    name: str,
    info: FieldInfo,
    standing: Mapping[str, Any] | None,
    typed: Mapping[str, str] | None,
    wrong: str,
    dates: Mapping[str, float],
) -> Field:
    kind = kind_of(settings, name, info)
    value = ""
    if not kind.endswith("secret"):
        value = _shown(kind, (standing or {}).get(name, _default(info)))
        if typed is not None:
            value = typed.get(PREFIX + name, "")
    choices = tuple(map(str, get_args(_bare(info.annotation)))) if kind == "choice" else ()
    help_ = info.description or ""
    return Field(name, kind, help_, info.is_required(), value, choices, wrong, dates.get(name))


def _bare(annotation: Any) -> Any:
    """``X | None`` as ``X``."""
    if get_origin(annotation) in (Union, types.UnionType):
        return next((part for part in get_args(annotation) if part is not type(None)), annotation)
    return annotation


def _shown(kind: Kind, value: Any) -> str:
    if value is None or isinstance(value, Secret):
        return ""
    if kind == "yes":
        return "yes" if value else ""
    if kind == "lines":
        return "\n".join(map(str, value))
    if kind == "pairs":
        return yaml.safe_dump(_plain(value), sort_keys=False, allow_unicode=True) if value else ""
    return str(value)


def _plain(value: Any) -> Any:
    """Frozen mappings and tuples as YAML writes them."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    return [_plain(one) for one in value] if isinstance(value, tuple | list) else value


def _pairs(raw: str) -> Any:
    """``name: value`` lines as a mapping. What is none stays a text, and the model says what it wants."""
    try:
        return yaml.safe_load(raw)
    except yaml.YAMLError:
        return raw


def _default(info: FieldInfo) -> Any:
    return None if info.is_required() else info.get_default(call_default_factory=True, validated_data={})
