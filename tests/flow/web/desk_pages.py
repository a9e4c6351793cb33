"""What tests of the reviewer's desk and of editing share: a run that waits for its review, and what its pages hold."""

from __future__ import annotations

import re
from typing import Any

from hub.domain import Run, RunState
from tests.flow.path.review_desk import TEXT
from tests.flow.web.site import Site
from tests.hubs import TEMPLATE, inputs


def waiting(site: Site, key: str = "one", tier: int = 2, **given: Any) -> Run:
    """A run that waits for its review."""
    shelf = site.hub.parts.shelf
    shelf.add(shelf.current(TEMPLATE).model_copy(update={"tier": tier, "name": f"tier-{tier}", "revision": f"r{tier}"}))
    run = site.run(key, template=f"tier-{tier}", inputs=inputs(TEXT), **given)
    assert run.state is RunState.IN_REVIEW, run.problem
    return run


def first_link(page: str) -> str:
    found = re.search(r'href="(/reviews/[0-9a-f]{24})"', page)
    assert found, page
    return found.group(1)


def hash_on(page: str) -> str:
    found = re.search(r'name="content_hash" value="([0-9a-f]{64})"', page)
    assert found, page
    return found.group(1)
