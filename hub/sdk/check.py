"""What a governance check is: a named object that reads a ``Subject`` and returns its findings."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from hub.domain import Draft, Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a check looks at.

    ``side`` is ``input`` before the model and ``output`` after it. ``texts`` maps the name of each text to the text:
    inputs and context by input name, variants as ``variant 1``, ``variant 2`` … ``rules`` is the team's policy for this
    check, as data. ``draft`` and ``contract`` are set on the output side only; ``contract["write"]`` is ``comments``
    when the draft is remarks about a text and nothing that is published.
    """

    side: Literal["input", "output"]
    team: str
    template: str
    #: Where the request came from: ``google_docs``, ``salesforce``, ``dam``, ``adobe``, ``api`` …
    surface: str = ""
    texts: Mapping[str, str]
    rules: Mapping[str, Any] = field(default_factory=dict)
    draft: Draft | None = None
    contract: Mapping[str, Any] = field(default_factory=dict)


class Check(ABC):
    """Subclass this, give it a ``name`` and ``sides``, and hand it to ``register_checks``.

    A check that raises, takes longer than ``seconds``, or returns anything but a sequence of ``Finding`` counts as
    ``hold``: never as allowed. It must be safe to call from several threads at once.
    """

    name: ClassVar[str]
    sides: ClassVar[frozenset[str]] = frozenset({"input", "output"})
    seconds: ClassVar[float] = 5.0

    def warm(self) -> None:
        """Load what the first ``examine`` would load. A hub calls it in the background when it starts."""
        return

    @abstractmethod
    def examine(self, subject: Subject) -> Sequence[Finding]:
        """Everything found, worst or mildest in any order; an empty sequence means nothing was found."""
