"""The head of a prompt file before prompty reads it: what is refused, and on which line each key stands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import yaml

from hub.errors import BadRequest

# The same YAML read in C, about ten times as fast: a hub reads all its templates when it starts.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MAX_SOURCE = 64 * 1024
_DEPTH = 12

# What a prompt file may say, apart from ``metadata``, which ``loading.Metadata`` describes. Prompty knows more keys;
# each left out here would be dropped without a word, or would let a shared file decide what belongs to the hub.
KEYS: dict[str, frozenset[str]] = {
    "": frozenset({"name", "displayName", "description", "inputs", "model", "template", "metadata"}),
    "inputs": frozenset({"name", "kind", "description", "required", "default", "example", "enumValues", "items"}),
    "model": frozenset({"options"}),
    "model.options": frozenset({"maxOutputTokens"}),
    "template": frozenset({"format", "parser"}),
}
_WHY = {
    "connection": "which account is used is the hub's to decide",
    "id": "which model is used is the hub's to decide",
    "provider": "which model is used is the hub's to decide",
    "tools": "a template answers with text and calls nothing",
    "outputs": "the answer is described under metadata.output",
    "version": "it stands under metadata",
    "owner": "it stands under metadata",
    "temperature": "it is not passed on to the model",
}
# In any case, because prompty reads the word in any case.
_REFERENCE = re.compile(r"\$\{\s*(env|file)\s*:", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The head of a prompt file as data, and the line of every key, by its path."""

    data: dict[str, Any]
    lines: dict[tuple[str | int, ...], int]
    body_line: int
    """The line of the file on which the body starts, counting from 1."""

    def line(self, path: tuple[str | int, ...]) -> int:
        """The line of the key, or of the nearest key around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def refused(name: str, line: int, what: str, instead: str = "") -> BadRequest:
    """The error for a prompt file that is not taken."""
    return BadRequest(
        f"The template {name} is not taken: line {line}: {what}.",
        why="A template is checked when it is loaded, before anyone works with it.",
        instead=instead or "Correct that line and load it again.",
        who="the template's author",
    )


def normalised(source: str) -> str:
    """One text for all ways of storing a file: no byte-order mark, LF, no spaces at line ends, one LF at the end."""
    text = source.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return "\n".join(line.rstrip() for line in text.split("\n")).strip("\n") + "\n"


def read(name: str, source: str) -> FrontMatter:
    """The head of a normalised prompt file.

    Raises:
        BadRequest: the file is too large, refers to the environment or to files, has no head or one that cannot be
            read, or has a key nobody knows; the error names the line.
    """
    if len(source.encode("utf-8", "replace")) > MAX_SOURCE:
        raise refused(name, 1, f"the file is larger than {MAX_SOURCE // 1024} KB", "Shorten the text or its examples.")
    for number, text in enumerate(source.split("\n"), 1):
        found = _REFERENCE.search(text)
        if found:
            raise refused(
                name,
                number,
                f"${{{found[1].lower()}:…}} is not taken, because it would put what stands on the server into a prompt",
                "Declare an input and let the asker or the document fill it.",
            )
    lines = source.split("\n")
    end = next((at for at, text in enumerate(lines) if at and text == "---"), None)
    if lines[0] != "---" or end is None:
        raise refused(
            name, 1, "the head between two lines --- is missing", "Start the file with ---, the head, and ---."
        )
    for number, text in enumerate(lines[1:end], 2):
        # Prompty ends the head at the first of these anywhere, even inside a value.
        if "---" in text or "+++" in text:
            raise refused(name, number, "--- or +++ inside the head would end it", "Write a dash in another way.")
    head = "\n".join(["", *lines[1:end], ""])
    positions: dict[tuple[str | int, ...], int] = {}
    try:
        _refuse_aliases(name, head)
        _positions(name, yaml.compose(head, Loader=_LOADER), (), positions)
        data = yaml.load(head, Loader=_LOADER)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "the head is no YAML"
        raise refused(name, mark.line + 1 if mark else 1, str(problem)) from None
    except ValueError:
        raise refused(name, 1, "a date or number in the head cannot be read", "Put it in quotes.") from None
    if not isinstance(data, dict):
        raise refused(name, 2, "the head is no list of keys and values")
    found_in = FrontMatter(data=data, lines=positions, body_line=end + 2)
    _refuse_unknown(name, found_in)
    return found_in


def _refuse_aliases(name: str, head: str) -> None:
    depth = 0
    for event in yaml.parse(head, Loader=_LOADER):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise refused(name, event.start_mark.line + 1, "YAML anchors and aliases are not taken", "Write it out.")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEPTH:
            raise refused(name, event.start_mark.line + 1, "the head is nested too deeply")


def _positions(
    name: str, node: yaml.Node | None, path: tuple[str | int, ...], found: dict[tuple[str | int, ...], int]
) -> None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise refused(name, line, "a key is no plain word")
            inner = (*path, key.value)
            if inner in found:
                raise refused(name, line, f"the key '{key.value}' stands there twice")
            found[inner] = line
            _positions(name, value, inner, found)
    elif isinstance(node, yaml.SequenceNode):
        for at, value in enumerate(node.value):
            found[(*path, at)] = value.start_mark.line + 1
            _positions(name, value, (*path, at), found)


def _refuse_unknown(name: str, head: FrontMatter) -> None:
    for path, line in head.lines.items():
        place = ".".join(str(part) for part in path[:-1] if not isinstance(part, int))
        key = path[-1]
        if path[0] == "inputs" and isinstance(head.data.get("inputs"), dict) and len(path) > 1:
            # In a mapping the second part is an input's own name.
            place = "inputs" if len(path) == 3 else "inputs." if len(path) == 2 else place
        if isinstance(key, int) or place not in KEYS or key in KEYS[place]:
            continue
        why = f": {_WHY[key]}" if key in _WHY else ""
        known = ", ".join(sorted(KEYS[place]))
        where = f" under {place}" if place else ""
        raise refused(name, line, f"the key '{key}'{where} is not known{why}", f"These are known{where}: {known}.")
