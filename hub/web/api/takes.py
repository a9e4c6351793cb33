"""What the API takes: strict models, every field described, nothing unknown let through."""

from __future__ import annotations

import binascii
import math
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from hub.pipeline import lineage
from hub.pipeline.act import FRICTION
from hub.sdk.picture import LARGEST, Picture

Name = Annotated[str, Field(min_length=1, max_length=64)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)


class Place(_Body):
    """A place in a connected system."""

    connection: Name = Field(description="The name of the connection, as GET /connections lists it.")
    at: dict[str, Any] = Field(description="Where in it. Each connector's page says what this holds.")


class Image(_Body):
    """A picture for the model to look at, where the template looks at one."""

    media_type: Literal["image/jpeg", "image/png", "image/webp", "image/gif"] = Field(
        description="What it is; its bytes have to say the same."
    )
    base64: str = Field(
        min_length=4,
        max_length=4 * math.ceil(LARGEST / 3),
        description=f"Its bytes in base64, at most {LARGEST:,} of them. A thousand pixels are enough for a model.",
        json_schema_extra={"contentEncoding": "base64"},
    )

    @field_validator("base64")
    @classmethod
    def _decodes(cls, value: str) -> str:
        try:
            binascii.a2b_base64(value, strict_mode=True)
        except (ValueError, binascii.Error):
            raise ValueError("should be base64, with its padding and without line breaks") from None
        return value

    def picture(self) -> Picture:
        """The picture as the hub works with it."""
        return Picture(media_type=self.media_type, data=binascii.a2b_base64(self.base64))


class RunRequest(_Body):
    """What is to be made, from what, and where it goes. Exactly one of workflow and template."""

    workflow: Name | None = Field(None, description="A workflow of your team.")
    template: Name | None = Field(None, description="A template.")
    inputs: dict[str, Any] = Field(default_factory=dict, description="Values for the template's inputs, by name.")
    target: Place | None = Field(None, description="Where the request was made: inputs left out are read there.")
    destinations: list[Place] = Field(
        default_factory=list, max_length=20, description="Where the result goes; left out, it goes to the target."
    )
    picture: Image | None = Field(
        None, description="A picture for the model to look at. It is deleted with the run's end."
    )

    @model_validator(mode="after")
    def _one_of_two(self) -> RunRequest:
        if (self.workflow is None) == (self.template is None):
            raise ValueError("name exactly one of workflow and template")
        return self


class Decision(_Body):
    """A word on a draft, bound to the text that was seen."""

    content_hash: str | None = Field(
        None,
        max_length=64,
        description="draft.content_hash of the draft you looked at; a reviewer's approval needs it.",
    )
    reason: str = Field("", max_length=2000, description="Why, in a sentence.")


class Edit(_Body):
    """Words of a person's own, bound to the draft they had before them."""

    content_hash: str = Field(min_length=64, max_length=64, description="draft.content_hash of the draft you edit.")
    variants: list[dict[str, str | list[str]]] = Field(
        max_length=100, description="For each variant the fields to change, as draft.variants[].fields has them."
    )
    disclosures: list[str] | None = Field(None, max_length=100, description="All disclosures; left out, they stay.")


class Approval(_Body):
    """That a draft is fine, bound to the text that was read."""

    content_hash: str = Field(min_length=64, max_length=64, description="draft.content_hash of the draft you read.")
    reason: str = Field("", max_length=2000, description="A remark.")


class Rejection(_Body):
    """That a draft is not fine."""

    reason: str = Field(
        min_length=1, max_length=2000, description="Why, in a sentence: the next draft is made with it."
    )
    content_hash: str | None = Field(None, max_length=64, description="draft.content_hash of the draft you read.")


class Passage(_Body):
    """A passage to look for, word for word; spaces and case do not count."""

    text: str = Field(min_length=lineage.SHORTEST, max_length=4000, description="The passage, a sentence or more.")
    where: str = Field(
        "", max_length=lineage.LONGEST_PLACE, description="Only what was written at this page or record, however old."
    )
    connection: str | None = Field(None, max_length=64, description="Only what was written over this connection.")
    days: int = Field(30, ge=1, le=3660, description="How far back, where no place is named.")


class Resume(_Body):
    """Nothing, or another place in the same connection when the first is gone."""

    at: dict[str, Any] | None = Field(None, description="The new place, as the connector describes it.")


class Feedback(_Body):
    """How it was. At least one of the three."""

    ease: int | None = Field(None, ge=1, le=5, description="How easy it was, 1 to 5.")
    useful: int | None = Field(None, ge=1, le=5, description="How useful the result is, 1 to 5.")
    tag: str | None = Field(
        None, description="What got in the way.", json_schema_extra={"enum": [*FRICTION, None]}, max_length=40
    )


class TeamNamed(_Body):
    """Which team it is about."""

    team: Name = Field(description="The team's name.")


class Nothing(_Body):
    """An empty object, or no body at all."""


class BudgetRaise(_Body):
    """Which budget holds more in the running month, and why: the team's, or one person's or workflow's in it."""

    to_usd: float = Field(gt=0, le=1_000_000_000, description="What it holds from now on, in US dollars.")
    reason: str = Field(min_length=1, max_length=500, description="Why, in a sentence. It is kept.")
    team: Name | None = Field(None, description="Left out: the key's.")
    person: str | None = Field(None, min_length=1, max_length=320, description="The person's e-mail address.")
    workflow: Name | None = Field(None, description="The workflow's name.")

    @model_validator(mode="after")
    def _one_at_most(self) -> BudgetRaise:
        if self.person and self.workflow:
            raise ValueError("name a person or a workflow, not both")
        return self
