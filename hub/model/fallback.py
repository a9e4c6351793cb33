"""Several models in order: when one is away or refuses, the next is asked."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from hub.errors import ConfigurationError, TryLater, VendorRefused
from hub.sdk.model import Answer, Model, Prompt

log = logging.getLogger(__name__)


class FallbackModel:
    """Fulfils ``Model`` with the first of ``models`` that answers. ``Usage.model`` of the answer names that one.

    An answer that is no draft (``BadAnswer``) is not asked of the next one: it came, and was paid for.
    """

    simulated = False

    def __init__(self, models: Sequence[Model]) -> None:
        if not models:
            raise ConfigurationError("The list of models is empty.")
        self.models = tuple(models)
        self.name = self.models[0].name

    def ask(self, prompt: Prompt) -> Answer:
        """One answer.

        Raises:
            TryLater: none answers now and at least one may later; ``after`` is the shortest wait any of them asks for.
            VendorRefused: every one refuses; the first one's reason.
            BadAnswer: one answered, and it is no draft.
        """
        later: list[TryLater] = []
        refused: list[VendorRefused] = []
        for model in self.models:
            try:
                return model.ask(prompt)
            except TryLater as error:
                later.append(error)
                log.warning("model %s does not answer (%s)", model.name, error.code)
            except VendorRefused as error:
                refused.append(error)
                log.warning("model %s refuses: %s", model.name, error.what)
        if later:
            # One that says nothing about when may be back at any time, and so the run asks as soon as it likes.
            soonest = min(later, key=lambda error: error.after or 0.0)
            raise soonest
        raise refused[0]

    def price_micros(self, input_tokens: int, output_tokens: int) -> int | None:
        """The most these tokens can cost, whichever model answers; None when no price is known."""
        prices = [model.price_micros(input_tokens, output_tokens) for model in self.models]
        return max((price for price in prices if price is not None), default=None)

    def warm(self) -> None:
        """Make the models' clients now, so that the first answer does not wait for it."""
        for model in self.models:
            getattr(model, "warm", lambda: None)()

    def close(self) -> None:
        """Close the models' connections."""
        for model in self.models:
            getattr(model, "close", lambda: None)()

    def __repr__(self) -> str:
        return f"FallbackModel({', '.join(model.name for model in self.models)})"
