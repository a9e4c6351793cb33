"""The picture a template looks at: checked, kept while its run may need it, or read where the request was made."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from hub.domain import Run
from hub.errors import BadRequest
from hub.pipeline.compose import reading_at
from hub.pipeline.parts import Parts
from hub.pipeline.step import TRANSITIONS
from hub.sdk import Prompt
from hub.sdk.picture import LARGEST, MEDIA_TYPES, Picture
from hub.store import pictures
from hub.templates import Template

#: The longest a picture that was sent is kept, in seconds.
KEPT = 86_400.0
#: States nothing follows on: a run in one of them asks no model any more.
ENDED = frozenset(state for state, after in TRANSITIONS.items() if not after)

#: Shorter than what a picture may cost, so that money set aside for one holds for this instead.
_NONE_SHOWN = "No picture is shown to you. Do not say what one looks like."
_LONGEST_URL = 2_000
#: How a file of each type begins. WebP has its size between the two halves.
_BEGINS: Mapping[str, re.Pattern[bytes]] = {
    "image/jpeg": re.compile(rb"\xff\xd8\xff"),
    "image/png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "image/gif": re.compile(rb"GIF8[79]a"),
    "image/webp": re.compile(rb"RIFF.{4}WEBP", re.DOTALL),
}


def checked(picture: Picture, *, by_address: bool = False) -> Picture:
    """The picture, once it is known to be one that models take.

    Args:
        by_address: whether a public address will do instead of bytes.

    Raises:
        BadRequest: it is of another type, larger than a run carries, or not what it says it is.
    """
    if picture.media_type not in MEDIA_TYPES:
        raise _refused("it is of a type no model takes", f"Send one of: {', '.join(MEDIA_TYPES)}.")
    if picture.url and not picture.data and by_address:
        if not _is_public(picture.url):
            raise _refused("its address is none that strangers may see", "Send its bytes.")
        return picture
    if picture.url or not picture.data:
        raise _refused("it comes without its bytes", "Send its bytes.")
    if len(picture.data) > LARGEST:
        raise _refused(
            f"it has {len(picture.data):,} bytes, and a run carries {LARGEST:,} at most",
            "Send a smaller rendition: a thousand pixels are enough for a model.",
        )
    if not _BEGINS[picture.media_type].match(picture.data):
        raise _refused(
            f"it says it is {picture.media_type}, and its bytes say otherwise", "Send the type it really is."
        )
    return picture


def digest(picture: Picture) -> str:
    """What stands for a picture in the ledger: the SHA-256 of its bytes, or of its address, in hex."""
    return hashlib.sha256(picture.data or picture.url.encode()).hexdigest()


def seen(picture: Picture) -> Mapping[str, Any]:
    """A picture as the ledger records it. One shown by its address has no size the hub knows."""
    return {"picture": digest(picture), "picture_bytes": len(picture.data) or None}


def of_run(parts: Parts, run: Run, template: Template) -> Picture | None:
    """What the model is shown: the picture sent with the request, else what is seen at its target now.

    None where there is none and the template does without.

    Raises:
        BadRequest: there is none and the template needs one, or what there is is no picture.
        TargetGone, NeedsPermission, TryLater, VendorRefused: from reading the target.
    """
    if template.picture == "none":
        return None
    found = _sent(parts, run) if run.request.picture else _at_target(parts, run)
    if found is None and template.picture == "required":
        raise missing(template)
    return None if found is None else checked(found, by_address=True)


def shown(prompt: Prompt, picture: Picture | None) -> Prompt:
    """The prompt of a template that looks at a picture, with it; without one the model is told that there is none."""
    if picture is not None:
        return replace(prompt, pictures=(picture,))
    messages = list(prompt.messages)
    at = max(at for at, message in enumerate(messages) if message.role == "user")
    messages[at] = replace(messages[at], content=f"{messages[at].content}\n\n{_NONE_SHOWN}")
    return replace(prompt, messages=tuple(messages), pictures=())


def missing(template: Template) -> BadRequest:
    """The error for a template that looks at a picture where there is none."""
    return BadRequest(
        f"{template.title} looks at a picture, and there is none.",
        why="None was sent with the request, and where it was made there is nothing to see.",
        instead="Start it on an image, send a picture with the request, or choose a template that works on text alone.",
    )


def forget(parts: Parts) -> None:
    """Delete the pictures of runs that have ended for good, and what was kept for a day."""
    with parts.database.transaction() as tx:
        pictures.forget(tx, parts.clock() - KEPT, ENDED)


def _sent(parts: Parts, run: Run) -> Picture:
    with parts.database.reading() as tx:
        found = pictures.get(tx, run.id)
    if found is None:
        raise BadRequest(
            "The picture that was sent with this request is no longer there.",
            why="It is kept for a day at most.",
            instead="Start it again with the picture.",
        )
    return found


def _at_target(parts: Parts, run: Run) -> Picture | None:
    target = run.request.target
    if target is None:
        return None
    connector, connection = reading_at(parts, run, target)
    return connector.picture(connection, target)


def _is_public(url: str) -> bool:
    """Whether it is a plain https address without credentials, short enough for every endpoint."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return False
    plain = url.isascii() and url.isprintable() and " " not in url and len(url) <= _LONGEST_URL
    return plain and parts.scheme == "https" and bool(host) and port != 0 and not (parts.username or parts.password)


def _refused(why: str, instead: str) -> BadRequest:
    return BadRequest(
        "This is no picture that a model can be shown.", why=f"{why[:1].upper()}{why[1:]}.", instead=instead
    )
