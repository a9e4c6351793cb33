"""What the sidebar sends: strict models, every field bounded, nothing unknown let through."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hub.sdk import InvalidInputs, Json

#: Characters; what a template takes is less and is said by its own inputs.
LONGEST = 200_000

Click = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{8,64}$")]
DocumentId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,200}$")]
TabId = Annotated[str, Field(max_length=100)]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
HashOrNothing = Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")]
Name = Annotated[str, Field(min_length=1, max_length=256)]
Text = Annotated[str, Field(max_length=LONGEST)]


class Body(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Opening(Body):
    document: DocumentId


class Clicked(Body):
    """A click, and its place: ``range`` is the name given to that in the document."""

    click: Click
    text_hash: HashOrNothing = ""
    title: Annotated[str, Field(max_length=1000)] = ""
    document: DocumentId
    tab: TabId
    range: Annotated[str, Field(max_length=100)]


class Started(Clicked):
    """A click on Run: ``text`` is what was selected."""

    template: Annotated[str, Field(min_length=1, max_length=100)]
    inputs: Annotated[dict[str, Any], Field(max_length=50)] = {}
    text: Text = ""


class Placed(Body):
    """Where the sidebar put a variant. ``mark`` is the line above it while it stands, ``replaced`` the old text."""

    document: DocumentId
    tab: TabId
    variant: Annotated[int, Field(ge=1, le=50)]
    marker: Name
    mark: Annotated[str, Field(max_length=300)]
    mode: Literal["below", "replace", "cursor", "end"]
    text_hash: Hash
    replaced: Text | None = None


class Removed(Body):
    marker: Name


class Found(Body):
    """What stands at a marker now: the text, or None when it is gone. It is compared and not kept."""

    marker: Name
    text: Text | None


class Feedback(Body):
    tag: Annotated[str, Field(min_length=1, max_length=60)]


class Nothing(Body):
    pass


class Line(Body):
    id: Annotated[str, Field(min_length=1, max_length=64)]
    text: Annotated[str, Field(max_length=2000)]


class CommandRun(Clicked):
    """A click on Run beside a ``/ai`` line: the line is the run's place, ``above`` the paragraph before it, ``section``
    what stands below the same heading, for a template that writes remarks.
    """

    line: Text
    above: Text = ""
    section: Text = ""


class Lines(Body):
    lines: Annotated[list[Line], Field(max_length=50)]


Sent = TypeVar("Sent", bound=Body)


def read(model: type[Sent], body: Json) -> Sent:
    """A body as this model; an error names each fault and repeats no value.

    Raises:
        InvalidInputs: a field is missing, unknown, too long or of the wrong kind.
    """
    try:
        return model.model_validate(dict(body))
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        fields = {".".join(str(part)[:40] for part in fault["loc"]) or "body": fault["msg"] for fault in faults}
    raise InvalidInputs(
        f"The sidebar sent something that cannot be worked on: {', '.join(list(fields)[:5])}.",
        fields=fields,
        instead="Reload the document and try again. If that does not help, the add-on is older than this hub.",
        who="an admin",
    )
