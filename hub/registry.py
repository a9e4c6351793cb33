"""Finds plugins by entry point, loads them one at a time, and remembers what failed and why."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, NamedTuple

import pluggy
import structlog

from hub.sdk import Check, Connector, Model
from hub.sdk import hookspecs as specs

#: Entry-point groups: connectors, and plugins that offer anything else.
GROUPS = ("hub.connectors", "hub.plugins")
#: Seconds a check may ask for at most.
LONGEST = 600
_NAME = re.compile(r"[a-z][a-z0-9_]{1,31}")

log = structlog.get_logger("inlay.plugins")


@dataclass(frozen=True, slots=True)
class Plugin:
    """One entry point: where it comes from, and what went wrong with it, or None."""

    name: str
    distribution: str
    version: str
    error: str | None = None


class _Point(NamedTuple):
    """Where a plugin is found; ``get`` loads it, and raises whatever its import raises."""

    name: str
    distribution: str
    version: str
    get: Callable[[], Any]


@dataclass(slots=True)
class Registry:
    """What the loaded plugins offer, by name."""

    connectors: dict[str, Connector] = field(default_factory=dict)
    checks: dict[str, Check] = field(default_factory=dict)
    models: dict[str, Model] = field(default_factory=dict)
    templates: dict[str, str] = field(default_factory=dict)
    plugins: list[Plugin] = field(default_factory=list)
    hooks: pluggy.PluginManager = field(default_factory=lambda: pluggy.PluginManager(specs.PROJECT))

    def tell_finished(self, run: Any) -> None:
        """Tell every listener that a run ended. One that raises is logged; the others still hear."""
        for implementation in self.hooks.hook.on_run_finished.get_hookimpls():
            try:
                self.hooks.subset_hook_caller(
                    "on_run_finished", [p for p in self.hooks.get_plugins() if p is not implementation.plugin]
                )(run=run)
            except Exception as error:
                log.error("listener raised", plugin=implementation.plugin_name, error=type(error).__name__)


def load(
    off: Iterable[str] = (),
    extra: Iterable[tuple[str, Any]] = (),
    check_template: Callable[[str, str], Any] = lambda name, source: None,
) -> Registry:
    """Load every installed plugin whose name is not in ``off``, sorted by name so that each start is the same.

    Args:
        off: entry-point names to leave out.
        extra: (name, plugin) pairs handed in directly, as tests do.
        check_template: called with the name and source of each template offered; raises when it cannot be used.
    """
    registry = Registry()
    registry.hooks.add_hookspecs(specs)
    left_out = set(off)
    for point in _installed(tuple(sys.path)):
        if point.name not in left_out:
            _add(registry, point, check_template)
    for name, plugin in extra:
        _add(registry, _Point(name, "given", "", lambda plugin=plugin: plugin), check_template)
    return registry


@cache
def _installed(path: tuple[str, ...]) -> tuple[_Point, ...]:
    """Every entry point of ours on this path, in order; read once, as it costs a file for every package."""
    every = entry_points()
    found = [(group, _point(point)) for group in GROUPS for point in every.select(group=group)]
    return tuple(point for _, point in sorted(found, key=lambda one: (one[0], one[1].name, one[1].distribution)))


def _point(point: EntryPoint) -> _Point:
    name, version = (point.dist.name, point.dist.version) if point.dist else ("given", "")
    return _Point(point.name, name, version, point.load)


def _add(registry: Registry, point: _Point, check_template: Callable[[str, str], Any]) -> None:
    name, origin, version, get = point
    registered = False
    try:
        plugin = get()
        registry.hooks.register(plugin, name=name)
        registered = True
        # A misspelt hook would be ignored for ever; pluggy names it only when asked.
        registry.hooks.check_pending()
        _ask(registry, plugin, check_template)
    except (Exception, SystemExit) as error:
        # Under a name that is taken stands the plugin that had it first: that one stays.
        if registered:
            registry.hooks.unregister(name=name)
        why = f"{type(error).__name__}: {error}"
        registry.plugins.append(Plugin(name, origin, version, why))
        log.error("plugin left out", plugin=name, error=why)
        return
    registry.plugins.append(Plugin(name, origin, version))


def _ask(registry: Registry, plugin: Any, check_template: Callable[[str, str], Any]) -> None:
    """Ask this one plugin what it offers, and take it in only when all of it is sound."""
    connectors: dict[str, Connector] = {}
    checks: dict[str, Check] = {}
    models: dict[str, Model] = {}
    templates: dict[str, str] = {}
    alone = [other for other in registry.hooks.get_plugins() if other is not plugin]

    def offer(hook: str, known: dict[str, Any], into: dict[str, Any], kind: type | None) -> None:
        def register(item: Any) -> None:
            if kind is not None and not isinstance(item, kind):
                raise TypeError(f"{hook} was handed {type(item).__name__}, not a {kind.__name__}")
            if not _NAME.fullmatch(item.name):
                raise ValueError(f"the name {item.name!r} is not lower-case letters, digits and _")
            if item.name in known or item.name in into:
                raise ValueError(f"the name {item.name!r} is taken")
            if isinstance(item, Check) and not (isinstance(item.seconds, int | float) and 0 < item.seconds <= LONGEST):
                raise ValueError(f"the check {item.name!r} needs 'seconds' above 0 and up to {LONGEST}")
            into[item.name] = item

        registry.hooks.subset_hook_caller(hook, alone)(register=register)

    offer("register_connectors", registry.connectors, connectors, Connector)
    offer("register_checks", registry.checks, checks, Check)
    offer("register_models", registry.models, models, None)
    registry.hooks.subset_hook_caller("register_templates", alone)(register=templates.__setitem__)
    for name, source in templates.items():
        check_template(name, source)
    registry.connectors |= connectors
    registry.checks |= checks
    registry.models |= models
    registry.templates |= templates
