"""Loading: a ``.prompty`` file becomes a checked template, or an error that says what, where, and how to mend it.

The format is prompty's (v2), and prompty reads it; what is ours stands under ``metadata``. Prompty takes 0.4 s to
import and is needed here only, so it is imported when the first file is loaded.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Iterable
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hub import faults
from hub.clean import clean_text
from hub.errors import BadRequest
from hub.templates import figures, front_matter, sandbox
from hub.templates.contract import Contract
from hub.templates.figures import Derived
from hub.templates.front_matter import FrontMatter, refused
from hub.templates.inputs import InputSpec
from hub.templates.template import Help, Section, Template

_NAME = re.compile(r"[a-z][a-z0-9-]{1,60}")
_INPUT_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
_ROLE = re.compile(r"^\s*+(?:#\s*+)?([A-Za-z]+)\s*+(?:(\[[^\]]*\])\s*+)?:\s*$")
_ROLES = ("system", "user", "assistant")
_OTHER_ROLES = frozenset({"developer", "tool", "function", "model", "human", "ai", "bot"})
_KINDS = {
    "string": "string",
    "integer": "integer",
    "number": "number",
    "float": "number",
    "boolean": "boolean",
    "array": "list",
}
_RESERVED = frozenset({"loop", "true", "false", "none", "True", "False", "None"})


class InputMeta(BaseModel):
    """What Inlay adds to one of prompty's inputs."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    kind: Literal["text"] | None = None
    max_length: int | None = Field(default=None, ge=1, le=1_000_000)
    min: float | None = Field(default=None, allow_inf_nan=False)
    max: float | None = Field(default=None, allow_inf_nan=False)
    label: str = ""
    source: Literal["target.text", "target.title", "target.facts", "today"] | None = None
    derived: dict[str, Derived] = {}


class Metadata(BaseModel):
    """Everything of ours in a prompt file's head."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str
    owner: str = Field(min_length=1)
    help: Help
    tier: int = Field(ge=0, le=3, strict=True)
    surfaces: tuple[str, ...] = Field(min_length=1)
    teams: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    baseline_minutes: float | None = Field(default=None, gt=0, le=10_000)
    picture: Literal["none", "optional", "required"] = "none"
    inputs: dict[str, InputMeta] = {}
    output: Contract


@lru_cache(maxsize=64)
def load(name: str, source: str) -> Template:
    """The template in the text of a ``.prompty`` file; the last ones loaded are kept.

    Raises:
        BadRequest: the file is not taken; the error says what is wrong, on which line, and how to mend it.
    """
    if not _NAME.fullmatch(name):
        raise refused(clean_text(name)[:60], 1, "a template's name is small letters, digits and hyphens")
    source = front_matter.normalised(source)
    if clean_text(source) != source:
        raise refused(name, 1, "the file holds control characters or half characters", "Save it as plain UTF-8 text.")
    head = front_matter.read(name, source)
    agent = _prompty(name, head, source)
    if agent.name != name:
        raise refused(name, head.line(("name",)), f"the name in the file is not {name}", "Give file and head one name.")
    meta = _metadata(name, head)
    inputs = tuple(_input(name, head, prop, meta) for prop in agent.inputs or [])
    _refuse_strays(name, head, inputs, meta)
    sections = _sections(name, head, source, inputs)
    _check_contract(name, head, meta.output, inputs)
    options = agent.model.options if agent.model else None
    return Template(
        name=name,
        revision=hashlib.sha256(source.encode()).hexdigest(),
        title=agent.display_name or name.replace("-", " ").capitalize(),
        description=" ".join((agent.description or "").split()),
        inputs=inputs,
        contract=meta.output,
        sections=sections,
        source=source,
        max_tokens=_max_tokens(name, head, options),
        **{key: getattr(meta, key) for key in type(meta).model_fields if key not in ("inputs", "output")},
    )


def shipped() -> dict[str, Template]:
    """The templates of the ``prompts`` package, by name."""
    return dict(_shipped())


@cache
def _shipped() -> dict[str, Template]:
    # A package does not change while it runs, and a template never.
    files = [item for item in resources.files("prompts").iterdir() if item.name.endswith(".prompty")]
    return _all((item.name.removesuffix(".prompty"), item.read_text("utf-8")) for item in files)


def load_folder(path: Path) -> dict[str, Template]:
    """The templates of a folder's ``*.prompty`` files, by name.

    Raises:
        BadRequest: the folder is not there, or a file in it is not taken.
    """
    if not path.is_dir():
        raise BadRequest("The folder of templates is not there.", instead="Correct the path.", who="an admin")
    found = []
    for file in path.glob("*.prompty"):
        try:
            found.append((file.stem, file.read_text("utf-8")))
        except UnicodeDecodeError:
            raise refused(file.stem, 1, "the file is no UTF-8 text", "Save it as UTF-8.") from None
    return _all(found)


def _all(files: Iterable[tuple[str, str]]) -> dict[str, Template]:
    return {name: load(name, source) for name, source in sorted(files)}


def _prompty(name: str, head: FrontMatter, source: str) -> Any:
    import prompty

    # prompty.load takes a path and nothing else; the folder is empty otherwise, so nothing lies beside the file.
    with tempfile.TemporaryDirectory(prefix="inlay-") as folder:
        path = Path(folder, f"{name}.prompty")
        path.write_text(source, "utf-8")
        try:
            return prompty.load(path)
        except Exception as error:
            # Its errors name the temporary path; the first line without it says enough.
            said = (str(error).splitlines() or [type(error).__name__])[0].replace(str(path), name).replace(folder, "")
            path_said = tuple(said.partition(":")[0].split("."))
            raise refused(name, head.line(path_said), f"prompty cannot read it: {said}") from None


def _metadata(name: str, head: FrontMatter) -> Metadata:
    try:
        return Metadata.model_validate(head.data.get("metadata") or {})
    except ValidationError as error:
        told = error.errors(include_url=False, include_input=False)
        # A misspelt key is both unknown and missing; the unknown one has the line that has to be mended.
        first = next((one for one in told if one["type"] == "extra_forbidden"), told[0])
        path = tuple(part for part in first["loc"] if part != "[key]")
        line = head.line(("metadata", *path))
        key = ".".join(str(part) for part in path)
        if first["type"] == "extra_forbidden":
            raise refused(
                name, line, f"the key '{key}' under metadata is not known", "Remove it or correct it."
            ) from None
        if first["type"] == "missing":
            raise refused(name, line, f"metadata has no '{key}'", f"Add {key} under metadata.") from None
        said = faults.said(first)
        raise refused(name, line, f"metadata.{key}: {said[:1].lower()}{said[1:]}") from None


def _input(name: str, head: FrontMatter, prop: Any, meta: Metadata) -> InputSpec:
    at = _input_path(head, prop.name)
    if not _INPUT_NAME.fullmatch(str(prop.name)) or prop.name in _RESERVED:
        raise refused(name, head.line(at), f"the input name '{prop.name}' is not small letters, digits and _")
    if prop.kind not in _KINDS:
        raise refused(
            name,
            head.line((*at, "kind")),
            f"the kind of '{prop.name}' is not known",
            f"Use one of: {', '.join(_KINDS)}.",
        )
    ours = meta.inputs.get(prop.name, InputMeta())
    kind: Any = _KINDS[prop.kind]
    choices = tuple(prop.enum_values or ())
    if not all(isinstance(choice, str) for choice in choices):
        raise refused(name, head.line((*at, "enumValues")), f"the choices of '{prop.name}' are texts", "Quote them.")
    if kind == "string":
        kind = ours.kind or ("choice" if choices else "string")
    spec = InputSpec(
        name=prop.name,
        kind=kind,
        required=bool(prop.required),
        choices=choices,
        label=ours.label or prop.name.replace("_", " ").capitalize(),
        help=" ".join((prop.description or "").split()),
        **ours.model_dump(include={"max_length", "min", "max", "source"}),
        derived=ours.derived,
    )
    if prop.default is None:
        return spec
    try:
        return spec.model_copy(update={"default": spec.typed(prop.default)})
    except ValueError as error:
        raise refused(name, head.line((*at, "default")), f"the default of '{prop.name}' {error}") from None


def _input_path(head: FrontMatter, name: str) -> tuple[str | int, ...]:
    given = head.data.get("inputs")
    if isinstance(given, list):
        return ("inputs", next((at for at, item in enumerate(given) if item.get("name") == name), 0))
    return ("inputs", name)


def _refuse_strays(name: str, head: FrontMatter, inputs: tuple[InputSpec, ...], meta: Metadata) -> None:
    names = [spec.name for spec in inputs]
    for one in names:
        if names.count(one) > 1:
            raise refused(name, head.line(_input_path(head, one)), f"the input '{one}' is declared twice")
    for one, ours in meta.inputs.items():
        line = head.line(("metadata", "inputs", one))
        if one not in names:
            raise refused(name, line, f"metadata.inputs names '{one}', which is not declared under inputs")
        kind = next(spec for spec in inputs if spec.name == one).kind
        if ours.source == "target.facts" and kind != "list":
            raise refused(name, line, f"'{one}' holds the figures of a record and is therefore an array")
        if ours.source in ("target.text", "target.title") and kind not in ("string", "text"):
            raise refused(name, line, f"'{one}' is filled from the document and is therefore of kind string or text")
        if ours.source == "today" and kind != "string":
            raise refused(name, line, f"'{one}' holds the day of the run and is therefore of kind string")
        if ours.derived and ours.source != "target.facts":
            raise refused(name, line, f"'{one}' has derived figures and no 'source: target.facts' to take them from")
        for label in figures.unknown(ours.derived):
            raise refused(name, line, f"the derived figure '{label}' of '{one}' is no label: letters first, no colon")


def _sections(name: str, head: FrontMatter, source: str, inputs: tuple[InputSpec, ...]) -> tuple[Section, ...]:
    found: list[tuple[Any, int, list[str]]] = []
    for number, line in enumerate(source.split("\n")[head.body_line - 1 :], head.body_line):
        role = _ROLE.match(line)
        word = role[1].lower() if role else ""
        if word in _OTHER_ROLES or (role and role[2] and word in _ROLES):
            raise refused(
                name, number, f"'{line.strip()}' is no role of a template", f"Use one of: {', '.join(_ROLES)}."
            )
        if word in _ROLES:
            found.append((word, number + 1, []))
        elif found:
            found[-1][2].append(line)
        elif line.strip():
            raise refused(name, number, "the body starts without a role", "Start it with a line that says system:")
    if not any(role == "user" for role, _, _ in found):
        raise refused(
            name, head.body_line, "the body has no section user:", "Put the task under a line that says user:"
        )
    names = {spec.name for spec in inputs}
    lists = {spec.name for spec in inputs if spec.kind == "list"}
    whole = {spec.name for spec in inputs if spec.kind == "text"}
    for _, start, lines in found:
        for fault in sandbox.faults("\n".join(lines), names, lists=lists, whole=whole):
            raise refused(name, start + fault.line - 1, fault.what)
    return tuple(Section(role=role, body="\n".join(lines).strip("\n")) for role, _, lines in found)


def _check_contract(name: str, head: FrontMatter, contract: Contract, inputs: tuple[InputSpec, ...]) -> None:
    lists = {field for field, spec in contract.fields.items() if spec.type == "array"}
    for fault in sandbox.faults(contract.text_template, contract.fields, lists=lists):
        raise refused(name, head.line(("metadata", "output", "text")), f"in the text of the output, {fault.what}")
    for at, limit in enumerate(contract.limits):
        if limit.input and limit.input not in {spec.name for spec in inputs}:
            line = head.line(("metadata", "output", "limits", at))
            raise refused(name, line, f"the limit {limit.rule} names the input '{limit.input}', which is not declared")
        for one in filter(None, (*limit.names, limit.given)):
            if one not in {spec.name for spec in inputs}:
                line = head.line(("metadata", "output", "limits", at))
                raise refused(name, line, f"the limit {limit.rule} names the input '{one}', which is not declared")


def _max_tokens(name: str, head: FrontMatter, options: Any) -> int:
    given = options.max_output_tokens if options else None
    if given is None:
        return 2000
    if not isinstance(given, int) or isinstance(given, bool) or not 16 <= given <= 32_000:
        line = head.line(("model", "options", "maxOutputTokens"))
        raise refused(name, line, "maxOutputTokens is a whole number from 16 to 32000")
    return given
