"""The sandbox's records as people look at them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.salesforce.sandbox_parts import Parts


@dataclass(frozen=True, slots=True)
class Page:
    """A page, or where to go instead."""

    status: int
    html: str = ""
    to: str = ""


def answer_page(parts: Parts, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Page:
    return Page(404, "<!doctype html><title>Not found</title>")
