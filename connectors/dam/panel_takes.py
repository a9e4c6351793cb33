"""What the panels send: strict models, every field bounded, nothing unknown let through."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from connectors.dam.picture import checked
from hub.sdk import BadRequest, InvalidInputs, Json, Picture, VendorRefused

#: Characters of a design's text; what a template takes is less and is said by its own inputs.
_LONGEST = 100_000
#: Characters of a picture's base64.
_LARGEST = 2_700_000

Program = Literal["express", "photoshop", "indesign"]
Document = Annotated[str, Field(max_length=200)]
Piece = Annotated[str, Field(min_length=1, max_length=200)]


class Body(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Started(Body):
    """A click on Run: ``text`` and ``picture`` (base64 of a JPEG or PNG) are what the design shows."""

    click: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{8,64}$")]
    template: Annotated[str, Field(min_length=1, max_length=100)]
    inputs: Annotated[dict[str, Any], Field(max_length=50)] = {}
    text: Annotated[str, Field(max_length=_LONGEST)] = ""
    title: Annotated[str, Field(max_length=1000)] = ""
    picture: Annotated[str, Field(max_length=_LARGEST)] | None = None
    program: Program
    document: Document = ""


class Placed(Body):
    """What the panel wrote of a piece, without the "not reviewed" line that stands above it where ``marked``."""

    piece: Piece
    program: Program
    document: Document = ""
    marked: bool
    text: Annotated[str, Field(min_length=1, max_length=_LONGEST)]


class Removed(Body):
    marker: Piece


class Feedback(Body):
    tag: Annotated[str, Field(max_length=60)]


class Nothing(Body):
    pass


Sent = TypeVar("Sent", bound=Body)


def read(model: type[Sent], body: Json) -> Sent:
    """A body as its model.

    Raises:
        InvalidInputs: it names every fault, and echoes no value.
    """
    try:
        return model.model_validate(body)
    except ValidationError as error:
        fields = {
            ".".join(map(str, fault["loc"]))[:60] or "body": fault["msg"]
            for fault in error.errors(include_url=False, include_context=False, include_input=False)
        }
        raise InvalidInputs(
            f"The panel sent something that cannot be worked on: {', '.join(list(fields)[:5])}.",
            fields=fields,
            instead="Open the panel again. If that does not help, the panel is older than this hub.",
            who="an admin",
        ) from None


def picture_of(sent: Started) -> Picture | None:
    """The picture that came with a click, as what its bytes say it is.

    Raises:
        BadRequest: it is none, or larger than a model is shown.
    """
    if not sent.picture:
        return None
    try:
        return checked(base64.b64decode(sent.picture, validate=True))
    except (binascii.Error, ValueError, VendorRefused):
        raise BadRequest(
            "The picture of the design cannot be worked on: it is too large, or no picture.",
            instead="Open a smaller page or document and run again.",
        ) from None
