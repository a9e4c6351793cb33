"""How many tokens a text may be, without any tokenizer: a bound for budgets and a guess for people."""

from __future__ import annotations

import json
import math

from hub.sdk.model import Prompt

# Chat formats wrap each message in a few control tokens (OpenAI: 3 or 4 per message, 3 to start the answer).
PER_MESSAGE = 16


def estimate_tokens(text: str) -> int:
    """The most tokens the text can be. A byte-level tokenizer never makes more tokens than there are UTF-8 bytes."""
    # A lone surrogate has no UTF-8; it counts as the three bytes it would take.
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def likely_tokens(text: str) -> int:
    """About how many tokens the text is: one for four ASCII characters, one for three bytes of anything else."""
    plain = len(text.encode("ascii", "ignore"))
    return math.ceil(plain / 4 + (estimate_tokens(text) - plain) / 3)


def prompt_tokens(prompt: Prompt) -> int:
    """The most input tokens a prompt can be billed as: its messages and its schema, which the model is shown too."""
    messages = sum(estimate_tokens(message.content) + PER_MESSAGE for message in prompt.messages)
    return messages + estimate_tokens(json.dumps(prompt.schema, default=dict)) + 8 * PER_MESSAGE
