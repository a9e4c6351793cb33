"""How one endpoint wants to be asked: which response format, which name for the token limit. Learnt from refusals."""

from __future__ import annotations

import json
import re
import threading
from base64 import b64encode
from collections.abc import Mapping
from typing import Any, NamedTuple

from hub.model.endpoint import Endpoint
from hub.model.failures import said
from hub.sdk.model import Prompt
from hub.sdk.picture import Picture

FORMATS = ("json_schema", "json_object", "none")
_LIMITS = ("max_completion_tokens", "max_tokens")
_ABOUT_FORMAT = re.compile(r"response_format|json_schema|json_object|structured output|json mode|invalid schema")
_ABOUT_SCHEMA = re.compile(r"invalid schema|schema.{0,40}(?:too|limit|exceed)|(?:too|limit|exceed).{0,40}schema")
_UNSUPPORTED = re.compile(
    r"unsupported|not support|unrecogni[sz]ed|unknown|unexpected|not permitted|not allowed|forbidden|extra"
)


class Shape(NamedTuple):
    """One way to ask. ``format`` is one of ``FORMATS``, ``limit`` the parameter that holds the most tokens to write."""

    format: str
    limit: str

    def body(self, endpoint: Endpoint, prompt: Prompt) -> bytes:
        """The request's JSON."""
        messages: list[dict[str, Any]] = [{"role": one.role, "content": one.content} for one in prompt.messages]
        if prompt.pictures:
            last = next(one for one in reversed(messages) if one["role"] == "user")
            last["content"] = [{"type": "text", "text": last["content"]}, *map(_part, prompt.pictures)]
        body: dict[str, Any] = {"model": endpoint.model, "messages": messages, self.limit: prompt.max_tokens}
        if self.format == "json_schema":
            body["response_format"] = {
                "type": "json_schema",
                "json_schema": {"name": "draft", "strict": True, "schema": prompt.schema},
            }
        else:
            # Nothing else tells the model what to answer, and OpenAI refuses json_object unless a message says "JSON".
            schema = json.dumps(prompt.schema, default=dict)
            told = f"Answer with one JSON object that follows this JSON schema, and nothing else:\n{schema}"
            messages.insert(0, {"role": "system", "content": told})
            if self.format == "json_object":
                body["response_format"] = {"type": "json_object"}
        return json.dumps(body, default=dict).encode()


class Learnt:
    """The shape that works at one endpoint, for as long as the process lives. Safe to use from many threads."""

    def __init__(self, endpoint: Endpoint) -> None:
        # Everything but OpenAI's own API takes the old name, and servers such as Ollama ignore the new one silently.
        self._shape = Shape("json_schema", "max_completion_tokens" if endpoint.is_openai else "max_tokens")
        self._refused_schemas: set[int] = set()
        self._lock = threading.Lock()

    def shape(self, schema: Mapping[str, Any]) -> Shape:
        """How to ask for an answer of this schema."""
        if self._refused_schemas and self._shape.format == "json_schema" and _mark(schema) in self._refused_schemas:
            return self._shape._replace(format="json_object")
        return self._shape

    def other(self, shape: Shape, body: object) -> Shape | None:
        """The next shape to try when ``shape`` was refused with the error ``body``; None when it was not its fault."""
        text = said(body)
        # The limit's value may be what is wrong with it; then another name does not help.
        if shape.limit in text and _UNSUPPORTED.search(text):
            return shape._replace(limit=_LIMITS[1 - _LIMITS.index(shape.limit)])
        if shape.format != "none" and _ABOUT_FORMAT.search(text):
            return shape._replace(format=FORMATS[FORMATS.index(shape.format) + 1])
        return None

    def keep(self, shape: Shape, schema: Mapping[str, Any], refusals: list[object]) -> None:
        """Remember the shape that worked after these refusals."""
        with self._lock:
            # One schema the endpoint cannot take must not cost every other template its structured output.
            if any(_ABOUT_SCHEMA.search(said(body)) for body in refusals):
                self._refused_schemas.add(_mark(schema))
                shape = shape._replace(format=self._shape.format)
            self._shape = shape

    def ignores_format(self) -> None:
        """Remember that the endpoint takes ``json_schema`` and answers in prose, as Anthropic's compatible one does."""
        with self._lock:
            if self._shape.format == "json_schema":
                self._shape = self._shape._replace(format="none")

    def ignores_limit(self) -> None:
        """Remember that the endpoint wrote more than the limit and so does not know it by this name."""
        with self._lock:
            self._shape = self._shape._replace(limit=_LIMITS[1 - _LIMITS.index(self._shape.limit)])


def _part(picture: Picture) -> dict[str, Any]:
    """A picture as a part of a message: developers.openai.com/api/docs/guides/images-vision. Low detail is what an alt
    text needs, and endpoints that do not know the word pay no heed to it."""
    data = f"data:{picture.media_type};base64,{b64encode(picture.data).decode()}"
    return {"type": "image_url", "image_url": {"url": picture.url or data, "detail": "low"}}


def _mark(schema: Mapping[str, Any]) -> int:
    return hash(json.dumps(schema, sort_keys=True, default=dict))
