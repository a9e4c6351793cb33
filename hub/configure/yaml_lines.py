"""YAML as plain data with the line of every value, so that an error can say where it stands."""

from __future__ import annotations

from typing import Any

import yaml

from hub.errors import InvalidInputs

LARGEST = 1_000_000
Path = tuple[str | int, ...]


def parse(text: str, name: str) -> tuple[Any, dict[Path, int]]:
    """The data of a YAML text, and the line (from 1) of each value by its path.

    Raises:
        InvalidInputs: no YAML, a key given twice, an alias, or more than a million characters.
    """
    what = f"{name} cannot be used."
    if len(text) > LARGEST:
        raise _unusable(what, {name: f"longer than {LARGEST:,} characters"})
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        _refuse_aliases(text, what)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        said = getattr(error, "problem", None) or "this is no YAML"
        place = f"line {mark.line + 1}" if mark else name
        raise _unusable(what, {place: said}) from None
    lines: dict[Path, int] = {(): 1}
    wrong: dict[str, str] = {}
    data = None if root is None else _plain(root, (), lines, wrong)
    if wrong:
        raise _unusable(what, wrong)
    return data, lines


def line_of(lines: dict[Path, int], path: Path) -> int:
    """The line of a path, or of the nearest part of it that the text holds."""
    while path not in lines:
        path = path[:-1]
    return lines[path]


def _unusable(what: str, fields: dict[str, str]) -> InvalidInputs:
    return InvalidInputs(what, fields=fields, instead="Correct these lines.", who="an admin")


def _refuse_aliases(text: str, what: str) -> None:
    # A chain of aliases makes a few lines expand to gigabytes.
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise _unusable(what, {f"line {event.start_mark.line + 1}": "aliases (*name) are not used here"})


def _plain(node: yaml.Node, path: Path, lines: dict[Path, int], wrong: dict[str, str]) -> Any:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
            if key is None:
                wrong[f"line {line}"] = "a key is a plain word"
            elif key in found:
                wrong[f"line {line}"] = f"{key} stands here a second time"
            else:
                lines[(*path, key)] = line
                found[key] = _plain(value_node, (*path, key), lines, wrong)
        return found
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*path, number), lines, wrong) for number, item in enumerate(node.value)]
    return _scalar(node, wrong)


def _scalar(node: yaml.Node, wrong: dict[str, str]) -> Any:
    loader = yaml.SafeLoader("")
    try:
        return loader.construct_object(node)
    except (yaml.YAMLError, ValueError):
        wrong[f"line {node.start_mark.line + 1}"] = "this value cannot be read; put it in quotes"
        return None
    finally:
        loader.dispose()
