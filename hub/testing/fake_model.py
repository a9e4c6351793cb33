"""A model for tests in one process: it answers what it was told to, and keeps what it was asked."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Mapping
from typing import Any

from hub.domain import Usage
from hub.model import estimate_tokens, prompt_tokens
from hub.model.prices import per_million
from hub.sdk.model import Answer, Prompt

Scripted = str | Mapping[str, Any] | Answer | BaseException

_EMPTY = {"claims": [], "disclosures": [], "assumptions": [], "missing_inputs": []}


class FakeModel:
    """Fulfils ``Model``. Any number of threads may ask; each scripted answer is given once, the last one for ever.

    Args:
        answers: in order: a string is answered as it is, a mapping as JSON, an ``Answer`` unchanged; an exception is
            raised. None given: every answer is one variant, in the envelope of every output contract.
        name: as the hub knows it.
        price_in: micro-dollars per million input tokens; None leaves the model unpriced.
        price_out: micro-dollars per million output tokens.

    Example::

        model = FakeModel(Unavailable("The model is away."), {"variants": [{"text": "Hello"}]})
    """

    simulated = False

    def __init__(
        self,
        *answers: Scripted,
        name: str = "fake-model",
        price_in: int | None = 1_000_000,
        price_out: int | None = 1_000_000,
    ) -> None:
        self.name = name
        self._answers: deque[Scripted] = deque(answers or ({"variants": [{"text": "A fine text."}], **_EMPTY},))
        self._prompts: list[Prompt] = []
        self._price = None if price_in is None or price_out is None else per_million(price_in, price_out)
        self._lock = threading.Lock()

    @property
    def calls(self) -> int:
        """How often it was asked, failures included."""
        with self._lock:
            return len(self._prompts)

    @property
    def prompts(self) -> tuple[Prompt, ...]:
        """What it was asked, in order."""
        with self._lock:
            return tuple(self._prompts)

    def then(self, *answers: Scripted) -> None:
        """Answer these after what is scripted already; the last answer so far is no longer repeated for ever."""
        with self._lock:
            self._answers.extend(answers)

    def ask(self, prompt: Prompt) -> Answer:
        """The next scripted answer. Raises the exception that stands in its place."""
        with self._lock:
            self._prompts.append(prompt)
            scripted = self._answers.popleft() if len(self._answers) > 1 else self._answers[0]
        if isinstance(scripted, BaseException):
            raise scripted
        if isinstance(scripted, Answer):
            return scripted
        text = scripted if isinstance(scripted, str) else json.dumps(scripted, default=dict)
        given, taken = prompt_tokens(prompt), estimate_tokens(text)
        cost = self.price_micros(given, taken)
        usage = Usage(model=self.name, input_tokens=given, output_tokens=taken, cost_micros=cost, calls=1)
        return Answer(text=text, usage=usage)

    def price_micros(self, input_tokens: int, output_tokens: int) -> int | None:
        """What these tokens cost, in micro-dollars; None when the model was made without a price."""
        return None if self._price is None else self._price(input_tokens, output_tokens)
