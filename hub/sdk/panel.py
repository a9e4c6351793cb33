"""A panel: what a connector shows inside a vendor's program, where the vendor proves nobody to the hub."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A public client of the hub's sign-in for panels: it has no secret, since whoever has the program could read it.

    ``redirects`` are the whole addresses a sign-in may end at, compared letter by letter. A panel whose program cannot
    take a redirect has none: the person types its code on a page of the hub (RFC 8628). ``origins`` are the exact
    origins a browser serves it from, such as ``https://w123.example.com``; a program that is no browser has none.
    """

    id: str
    title: str
    redirects: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
