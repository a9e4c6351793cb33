"""What the demo shows: each journey says who asks for what, where, and through which door."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

import yaml

from hub.domain import Actor, Request, Role, Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """One request of the demo. With ``asks``, the name of a template, a person asks for it in the vendor's own page;
    with ``does``, such as ``drop``, they do something there that starts the workflow. Without either, the hub is handed
    the request as a surface of its own would.
    """

    name: str
    title: str
    team: str
    target: Target
    person: str = ""
    workflow: str = ""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    asks: str = ""
    instructions: str = ""
    does: str = ""

    @property
    def said(self) -> str:
        """What a person sees of the request: the words it is about, or the words it is made in."""
        return str(self.target.at.get("quote") or f"{self.asks}: {self.instructions}")

    def request(self, key: str) -> Request:
        """The request, under a key."""
        return Request(
            key=key,
            team=self.team,
            workflow=self.workflow,
            inputs=self.inputs,
            target=self.target,
            actor=Actor(person=self.person, role=Role.MEMBER, via="demo"),
            surface="demo",
        )


def part(name: str) -> str:
    """A file that ships with the demo."""
    return resources.files("hub.demo").joinpath(name).read_text(encoding="utf-8")


def journeys() -> list[Journey]:
    """Every journey, in the order in which they are shown."""
    return [Journey(**{**one, "target": Target(**one["target"])}) for one in yaml.safe_load(part("journeys.yaml"))]
