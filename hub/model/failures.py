"""What a failed call means for the run: wait, ask an admin, shorten the text. The vendor's own words are not kept."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from hub.errors import InlayError, RateLimited, Unavailable, VendorRefused
from hub.model.endpoint import Endpoint

LONGEST_AFTER = 3600.0
"""Seconds; a vendor that asks for more is asked again after an hour."""

_AGAIN = frozenset({408, 409, 425})
_TOO_LONG = re.compile(
    r"context[ _](?:length|window|size)|maximum context|prompt is too long|too many (?:input )?tokens|reduce the length"
)
_FILTERED = re.compile(r"content[ _](?:filter|policy|management)|responsible ?ai")
_NO_CREDIT = re.compile(r"insufficient_quota|exceeded your current quota|credit balance|billing|payment")
#: What endpoints say of a picture they do not take, or cannot read. Where the prompt held one, any word of it will do.
_PICTURE = re.compile(
    r"image|picture|vision|multi-?modal|must be a string|valid string|expected [`'\"]?(?:text|str)|base64|data url"
)
#: llama.cpp and Ollama say it with a status of 500.
_NO_PICTURES = re.compile(r"image input is not supported|mmproj|not a multi-?modal|required for image|support image")
_CODE = re.compile(r"[a-z][a-z_]{2,40}")


def after_seconds(headers: Mapping[str, str]) -> float | None:
    """How long the vendor asks to wait, in seconds, at most an hour; None when it does not say.

    ``Retry-After`` is seconds or an HTTP date (RFC 9110, 10.2.3); ``retry-after-ms`` is OpenAI's and Azure's finer one.
    """
    given = headers.get("retry-after-ms")
    seconds = _number(given) / 1000 if given else math.nan
    if math.isnan(seconds):
        given = headers.get("retry-after")
        if not given:
            return None
        seconds = _number(given)
        if math.isnan(seconds):
            try:
                date = parsedate_to_datetime(given)
            except ValueError:
                return None
            # A date without a zone ("-0000") comes back naive; HTTP dates are always GMT.
            seconds = (date.replace(tzinfo=date.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return min(max(seconds, 0.0), LONGEST_AFTER)


def said(body: object) -> str:
    """The vendor's error in lower case, to recognise what it is about. For matching only: it may quote the prompt."""
    if isinstance(body, Mapping):
        known = " ".join(str(body[key]) for key in ("param", "code", "type", "message") if body.get(key))
        return (known or str(body))[:4000].lower()
    return str(body or "")[:4000].lower()


def of_status(
    status: int, body: object, headers: Mapping[str, str], endpoint: Endpoint, *, pictures: bool = False
) -> InlayError:
    """The error for an answer that is none.

    Args:
        status: its HTTP status, or the code an endpoint put into a body it sent as 200.
        body: the vendor's error object, or the text in its place.
        pictures: whether a picture was shown, which may be what it refuses.
    """
    host, model, text = endpoint.host, endpoint.model, said(body)
    if pictures and _about_picture(status, text):
        return of_picture(endpoint, f"It answered {status}: it takes no pictures, or cannot read this one.")
    if status == 429 and not _NO_CREDIT.search(text):
        return RateLimited(f"{host} has too many requests for {model} at the moment.", after=after_seconds(headers))
    if status in _AGAIN or status >= 500:
        return Unavailable(f"{host} cannot answer at the moment (it says {status}).", after=after_seconds(headers))
    if status in (402, 429):
        return VendorRefused(
            f"The account at {host} has no credit left.",
            why="The vendor stops answering until it is paid.",
            instead="Top up the account or raise its spending limit there, then start the run again.",
        )
    if status in (401, 403):
        return VendorRefused(
            f"The model's key is refused by {host}.",
            why=f"It answered {status}: the key is wrong, has expired, or may not use {model}.",
            instead=f"Put a valid key for {host} into the hub's settings.",
        )
    if status == 413 or _TOO_LONG.search(text):
        return VendorRefused(
            f"The text is longer than {model} can read.",
            why="Template, inputs and the text of the document together pass the model's limit.",
            instead="Use a shorter passage, or ask an admin for a model with a longer context.",
            who="the person who asked",
        )
    if status == 404:
        return VendorRefused(
            f"{host} knows no model {model}.",
            why="The model's name or the base URL is wrong, or this account has no access to it.",
            instead="Correct the model's name or the base URL in the hub's settings.",
        )
    if 300 <= status < 400:
        return VendorRefused(
            f"{host} answered with a redirect, which is never followed.",
            why="The key and the prompt go only to the address the settings name.",
            instead="Write the final address of the endpoint into the hub's settings.",
        )
    if _FILTERED.search(text):
        return VendorRefused(
            f"The content rules of {host} forbid this request.",
            why="The vendor's filter stopped the text before the model read it.",
            instead="Reword the text, or ask an admin to review the vendor's filter.",
            who="the person who asked",
        )
    return VendorRefused(
        f"{host} refuses the request.",
        why=f"It answered {status}{_code(body)}.",
        instead="Check the model's name, the base URL and the api-version in the hub's settings.",
    )


def of_picture(endpoint: Endpoint, why: str) -> VendorRefused:
    """The error for a model that does not take the picture."""
    return VendorRefused(
        f"{endpoint.model} at {endpoint.host} does not take the picture.",
        why=why,
        instead="Name a model that sees pictures in INLAY_MODEL, or one more in INLAY_MODEL_FALLBACKS; if it does see "
        "them, try another picture.",
    )


def _about_picture(status: int, text: str) -> bool:
    if status >= 500:
        return bool(_NO_PICTURES.search(text))
    if _TOO_LONG.search(text) or _FILTERED.search(text):
        return False
    return status == 413 or (status in (400, 404, 415, 422) and bool(_PICTURE.search(text)))


def of_silence(endpoint: Endpoint, *, timed_out: bool, kind: str) -> Unavailable:
    """The error for no answer at all. ``kind`` names what broke, in one word."""
    if timed_out:
        return Unavailable(f"{endpoint.host} did not answer in time.", why=f"It has {endpoint.timeout:g} seconds.")
    return Unavailable(f"{endpoint.host} cannot be reached, or broke off its answer ({kind}).")


def _code(body: object) -> str:
    """The vendor's error code, when it is a plain identifier and so holds nothing private."""
    code: Any = body.get("code") if isinstance(body, Mapping) else None
    return f" ({code})" if isinstance(code, str) and _CODE.fullmatch(code) else ""


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
