"""Reads the body of a chat completion: the answer's text and tokens, or why it is no answer."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hub.errors import BadAnswer, InlayError
from hub.model import failures
from hub.model.endpoint import Endpoint

# More than any model reads or writes; a count above it is a mistake, not a bill.
_MOST_TOKENS = 100_000_000
_FENCE = re.compile(r"```[a-zA-Z]*[ \t]*")


@dataclass(frozen=True, slots=True)
class Said:
    """What a body holds. ``error`` is set when it is no answer; the token counts are None when the body has none."""

    text: str = ""
    input_tokens: int | None = None
    output_tokens: int | None = None
    error: InlayError | None = None
    answered: bool = False


def read(body: bytes, endpoint: Endpoint, max_tokens: int, *, pictures: bool = False) -> Said:
    """The body of a 200 answer.

    Args:
        max_tokens: only named in the error that it was too few.
        pictures: whether any was shown, which may be what is refused.
    """
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return Said(error=_no_json(body, endpoint))
    choices = data.get("choices") if isinstance(data, dict) else None
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        fault = data.get("error") if isinstance(data, dict) else None
        if isinstance(fault, Mapping):
            # OpenRouter reports a failure of the model behind it as 200 with the status in the body:
            # openrouter.ai/docs/api-reference/errors
            code = fault.get("code")
            status = code if type(code) is int else 400
            return Said(error=failures.of_status(status, fault, {}, endpoint, pictures=pictures))
        return Said(error=BadAnswer("The model's answer is empty.", why="There is no choice in it.", instead=_AGAIN))
    message = choices[0].get("message")
    message = message if isinstance(message, dict) else {}
    usage = data.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    text = message.get("content")
    return Said(
        text=_unfenced(text) if isinstance(text, str) else "",
        input_tokens=_count(usage.get("prompt_tokens")),
        output_tokens=_count(usage.get("completion_tokens")),
        error=_why_none(message, choices[0].get("finish_reason"), max_tokens),
        answered=True,
    )


_AGAIN = "Start the run again; if it happens often, ask an admin to look at the model."


def _why_none(message: Mapping[str, Any], finish: object, max_tokens: int) -> BadAnswer | None:
    if message.get("refusal"):
        return BadAnswer(
            "The model refuses to answer.",
            why="It holds the request to be against its rules.",
            instead="Reword the inputs; if they are harmless, use another template or model.",
        )
    if finish == "content_filter":
        return BadAnswer(
            "The vendor's content filter stopped the answer.",
            why="It holds the answer to be against its rules.",
            instead="Reword the inputs; if they are harmless, ask an admin to review the vendor's filter.",
        )
    if finish == "length":
        return BadAnswer(
            "The answer was cut off before its end.",
            why=f"It may have {max_tokens:,} tokens.",
            instead="Ask for a shorter or fewer texts, or raise the template's limit of tokens.",
        )
    text = message.get("content")
    if not isinstance(text, str) or not text.strip():
        return BadAnswer("The model's answer is empty.", why="There is no text in it.", instead=_AGAIN)
    return None


def _no_json(body: bytes, endpoint: Endpoint) -> BadAnswer:
    start = body[:200].lstrip()
    if not start:
        what, why = "answered with nothing", "The body is empty."
    elif start.startswith(b"<"):
        what, why = "answered with a web page", "A proxy or a sign-in page stands in front of the model."
    else:
        what, why = "answered with something that is no JSON", "The answer is cut off or damaged."
    return BadAnswer(
        f"{endpoint.host} {what} instead of an answer.",
        why=why,
        instead="Start the run again; if it happens again, ask an admin to check the model's base URL.",
    )


def _count(value: object) -> int | None:
    return value if type(value) is int and 0 <= value <= _MOST_TOKENS else None


def _unfenced(text: str) -> str:
    """The text without a Markdown fence round the whole of it, which models without structured output like to add."""
    first, line_end, rest = text.strip().partition("\n")
    if not line_end or not rest.endswith("```") or not _FENCE.fullmatch(first):
        return text
    return rest[:-3].rstrip(" \t").removesuffix("\n")
