"""How many tokens a text may be, without any tokenizer: a bound for budgets and a guess for people."""

from __future__ import annotations

import json
import math

from hub.sdk.model import Prompt

# Chat formats wrap each message in a few control tokens (OpenAI: 3 or 4 per message, 3 to start the answer).
PER_MESSAGE = 16

PER_PICTURE = 16_384
"""The most tokens one picture is billed as, whatever the model. OpenAI bills a picture of low detail as 70 to 85
tokens, gpt-4o-mini as 2,833, and those that count patches as up to 1,536 of them times 2.46
(developers.openai.com/api/docs/guides/images-vision); Claude as up to some 5,000 (platform.claude.com/docs, vision).
Many servers pay no heed to the detail: Qwen's models as they ship make up to 16,384 tokens of a picture
(qwen_vl_utils, IMAGE_MAX_TOKEN_NUM), the most we know of. Read on 2026-11-26. What a call did not need comes back."""


def estimate_tokens(text: str) -> int:
    """The most tokens the text can be. A byte-level tokenizer never makes more tokens than there are UTF-8 bytes."""
    # A lone surrogate has no UTF-8; it counts as the three bytes it would take.
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def likely_tokens(text: str) -> int:
    """About how many tokens the text is: one for four ASCII characters, one for three bytes of anything else."""
    plain = len(text.encode("ascii", "ignore"))
    return math.ceil(plain / 4 + (estimate_tokens(text) - plain) / 3)


def prompt_tokens(prompt: Prompt, *, pictures: int = 0) -> int:
    """The most input tokens a prompt can be billed as: its messages, pictures and schema, which the model is shown too.

    Args:
        pictures: how many more pictures to count, for a prompt they are not in yet.
    """
    messages = sum(estimate_tokens(message.content) + PER_MESSAGE for message in prompt.messages)
    messages += (len(prompt.pictures) + pictures) * PER_PICTURE
    return messages + estimate_tokens(json.dumps(prompt.schema, default=dict)) + 8 * PER_MESSAGE
