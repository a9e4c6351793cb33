"""The only Jinja in the hub that runs text written by users: sandboxed, and kept to constructs whose cost is bounded.

The sandbox of Jinja stops a template from reaching Python objects. It does not stop ``{{ 'a' * 10**9 }}``, which
takes a gigabyte, so ``faults`` reads the syntax tree and lets through only what a prompt needs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

FILTERS = ("capitalize", "count", "d", "default", "first", "join", "last", "length", "lower", "title", "trim", "upper")
TESTS = (
    "boolean",
    "defined",
    "divisibleby",
    "eq",
    "even",
    "false",
    "ge",
    "gt",
    "in",
    "le",
    "lt",
    "ne",
    "none",
    "odd",
    "true",
)
MAX_RENDERED = 2_000_000
_TOO_DEEP = "the template text is nested too deeply"

_ALLOWED = (
    nodes.And, nodes.Compare, nodes.CondExpr, nodes.Const, nodes.Filter, nodes.For, nodes.If, nodes.List, nodes.Name,
    nodes.Not, nodes.Operand, nodes.Or, nodes.Output, nodes.Template, nodes.TemplateData, nodes.Test, nodes.Tuple,
)  # fmt: skip
_WHOLE = (nodes.Output, nodes.If, nodes.CondExpr, nodes.Not, nodes.And, nodes.Or, nodes.Test)


class RenderedTooLong(Exception):
    """A rendering passed ``MAX_RENDERED`` characters and was stopped."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing a template may not do. ``line`` counts from 1 in the text that was given."""

    line: int
    what: str


@lru_cache(maxsize=1)
def _environment() -> ImmutableSandboxedEnvironment:
    # Blocks are not trimmed and the trailing newline stays: prompty's renderer does the same, and a test compares.
    made = ImmutableSandboxedEnvironment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True, autoescape=False)
    made.globals.clear()
    made.filters = {name: made.filters[name] for name in FILTERS}
    made.tests = {name: made.tests[name] for name in TESTS}
    return made


@lru_cache(maxsize=1024)
def _compiled(text: str) -> jinja2.Template:
    return _environment().from_string(text)


def render(text: str, values: Mapping[str, Any]) -> str:
    """The text with its values filled in. Values are never read as template text.

    Raises:
        RenderedTooLong: more than ``MAX_RENDERED`` characters came out.
        jinja2.TemplateError: a value is missing, or the text was never checked by ``faults``.
    """
    parts: list[str] = []
    size = 0
    try:
        for part in _compiled(text).generate(values):
            size += len(part)
            if size > MAX_RENDERED:
                raise RenderedTooLong
            parts.append(part)
    except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError) as error:
        # A filter given what it does not take, or a number compared with a word: the text's fault, like any other.
        raise jinja2.TemplateRuntimeError(type(error).__name__) from None
    return "".join(parts)


def faults(
    text: str, names: Collection[str], *, lists: Collection[str] = (), whole: Collection[str] = ()
) -> list[Fault]:
    """What a template may not do, and each name it uses without declaring it.

    Args:
        text: Jinja text.
        names: the names it may use.
        lists: those of ``names`` it may loop over.
        whole: those of ``names`` it may only print as they are or test for being there, because a fence surrounds them.
    """
    try:
        tree = _environment().parse(text)
    except jinja2.TemplateSyntaxError as error:
        return [Fault(error.lineno, f"the template text cannot be read: {error.message}")]
    except RecursionError:
        return [Fault(1, _TOO_DEEP)]
    except ValueError:
        return [Fault(1, "the template text holds a number that cannot be read")]
    try:
        found = list(_walk(tree, None, frozenset(names), frozenset(lists), frozenset(whole), in_loop=False))
        if not found:
            # Python itself takes only so many levels: better known now than when somebody waits for a draft.
            _compiled(text)
    except jinja2.TemplateSyntaxError as error:
        return [Fault(error.lineno, f"the template text cannot be read: {error.message}")]
    except (RecursionError, SyntaxError, MemoryError):
        return [Fault(1, _TOO_DEEP)]
    except (TypeError, ValueError, ArithmeticError):
        return [Fault(1, "the template text gives a filter or a test what it does not take")]
    return sorted(found, key=lambda fault: fault.line)


def _walk(
    node: nodes.Node,
    parent: nodes.Node | None,
    names: frozenset[str],
    lists: frozenset[str],
    whole: frozenset[str],
    *,
    in_loop: bool,
) -> Iterator[Fault]:
    if isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name) and node.node.name == "loop" and in_loop:
        if node.attr not in ("first", "last", "index"):
            yield Fault(node.lineno, f"loop.{node.attr} is not available; loop.first, loop.last and loop.index are")
        return
    if not isinstance(node, _ALLOWED):
        yield Fault(node.lineno, f"{_said(node)} is not allowed in a template")
        return
    if isinstance(node, nodes.Name) and node.ctx == "load":
        if node.name not in names:
            yield Fault(node.lineno, f"'{node.name}' is used and not declared under inputs")
        elif node.name in whole and not isinstance(parent, _WHOLE):
            yield Fault(node.lineno, f"'{node.name}' is fenced text: print it alone, as {{{{ {node.name} }}}}")
    if isinstance(node, nodes.Filter) and node.name not in FILTERS:
        yield Fault(node.lineno, f"the filter '{node.name}' is not available; these are: {', '.join(FILTERS)}")
    if isinstance(node, nodes.Test) and node.name not in TESTS:
        yield Fault(node.lineno, f"the test '{node.name}' is not available; these are: {', '.join(TESTS)}")
    if isinstance(node, nodes.For):
        if in_loop:
            yield Fault(node.lineno, "a loop inside a loop is not allowed")
        if not (isinstance(node.iter, nodes.Name) and node.iter.name in lists):
            yield Fault(node.lineno, "a loop runs over an input of kind list and nothing else")
        if isinstance(node.target, nodes.Name):
            names = names | {node.target.name}
            whole = whole - {node.target.name}
        in_loop = True
    for child in node.iter_child_nodes():
        yield from _walk(child, node, names, lists, whole, in_loop=in_loop)


def _said(node: nodes.Node) -> str:
    signs = {"Mul": "*", "Pow": "**", "Add": "+", "Sub": "-", "Div": "/", "FloorDiv": "//", "Mod": "%", "Concat": "~"}
    kind = type(node).__name__
    if kind in signs:
        return f"calculating with '{signs[kind]}'"
    if isinstance(node, nodes.Call):
        called = node.node.name if isinstance(node.node, nodes.Name) else "a function"
        return f"calling {called}()"
    return {"Getattr": "reaching into a value with '.'", "Getitem": "reaching into a value with '[ ]'"}.get(
        kind, f"the construct '{kind.lower()}'"
    )
