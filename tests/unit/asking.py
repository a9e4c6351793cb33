"""What the tests of the model have in common: a prompt, and a model that pauses without waiting."""

from __future__ import annotations

from typing import Any

from hub.domain import Message
from hub.model import Endpoint, OpenAIModel
from hub.sdk import Prompt, Secret

KEY = "sk-not-a-real-key-0123456789"
TEXT = "The Blue Heron campaign opens in Utrecht."
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"variants": {"type": "array", "items": {"type": "string"}}},
    "required": ["variants"],
    "additionalProperties": False,
}


def prompt(text: str = TEXT, *, max_tokens: int = 500, schema: dict[str, Any] | None = None) -> Prompt:
    messages = (Message(role="system", content="You write copy."), Message(role="user", content=text))
    return Prompt(messages=messages, schema=schema or SCHEMA, max_tokens=max_tokens)


class Pauses(list[float]):
    """Stands in for ``time.sleep``: keeps the seconds it was told to wait."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def model_at(base_url: str, pauses: Pauses | None = None, *, timeout: float = 30.0, **endpoint: Any) -> OpenAIModel:
    given = {"base_url": base_url, "model": "gpt-4o-mini", "api_key": Secret(KEY), "timeout": timeout, **endpoint}
    return OpenAIModel(Endpoint(**given), pause=Pauses() if pauses is None else pauses)
