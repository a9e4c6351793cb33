"""What a model is to the hub: something that takes a ``Prompt`` and gives an ``Answer``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from hub.domain import Message, Usage
from hub.sdk.picture import Picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """Everything a model gets.

    ``schema`` is the JSON schema the answer must follow. ``inputs`` and ``contract`` serve only models that draw up an
    answer without reading the messages, such as the simulator; they hold the same masked values as the messages do.
    ``pictures`` belong to the last message of the asker.
    """

    messages: Sequence[Message]
    schema: Mapping[str, Any]
    max_tokens: int
    inputs: Mapping[str, Any] = field(default_factory=dict)
    contract: Mapping[str, Any] = field(default_factory=dict)
    pictures: Sequence[Picture] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a model said: the text as it came, and what it used."""

    text: str
    usage: Usage


class Model(Protocol):
    """A source of answers. ``simulated`` marks one that does not think: its answers are labelled and never measured."""

    name: str
    simulated: bool

    def ask(self, prompt: Prompt) -> Answer:
        """One answer.

        Raises:
            TryLater: the model is busy or away; the run waits and tries again.
            BadAnswer: what came back is no answer, for example a web page.
            VendorRefused: the key, the model's name or the request was refused.
        """
        ...

    def price_micros(self, input_tokens: int, output_tokens: int) -> int | None:
        """What these tokens cost, in millionths of a US dollar; None when no price is known."""
        ...
