"""Routes that work out how their address is written when somebody first asks for it.

Werkzeug compiles two functions for each of some 180 routes when it is added, which is half of what an application
costs to make. Most are never asked for: pages link to a few routes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from werkzeug.routing import Rule


class LazyRule(Rule):
    """A rule whose writers of addresses are compiled at their first use. Werkzeug has no public place for this."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        compile_it, ready = super()._compile_builder, []

        def build(rule: Rule, **values: Any) -> tuple[str, str]:
            if not ready:
                ready.append(compile_it(append_unknown))
            return ready[0](rule, **values)

        return build
