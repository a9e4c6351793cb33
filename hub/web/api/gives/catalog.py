"""What a team can start: templates, workflows and connections."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from hub.web.api.gives.base import Answer


class Input(Answer):
    """One input of a template."""

    name: str
    kind: str
    required: bool
    label: str
    help: str
    default: Any
    choices: list[str]
    max_length: int
    min: float | None
    max: float | None
    source: str | None


class Template(Answer):
    """A shared prompt template."""

    name: str
    title: str
    description: str
    version: str
    revision: str
    owner: str
    tier: int
    surfaces: list[str]
    tags: list[str]
    baseline_minutes: float | None
    write: str
    picture: str = Field(description="Whether the model is shown a picture: none, optional or required.")
    help: dict[str, str]
    inputs: list[Input]
    lifecycle: str = Field(description="published, or deprecated: then it should not be started any more.")
    team: str | None = Field(description="The team it was written by in the browser; null for one from a file.")
    parent: str | None = Field(description="The template it was forked from.")
    successor: str | None = Field(description="What to use instead of a deprecated one.")
    ends_on: str | None = Field(description="The day from which a deprecated one refuses new runs.")


class TemplateDraft(Answer):
    """A template of your teams that is not in force yet."""

    name: str
    team: str
    lifecycle: str = Field(description="draft or in_review.")
    parent: str | None


class TemplateList(Answer):
    templates: list[Template]
    drafts: list[TemplateDraft]


class Workflow(Answer):
    """What a team picks by name."""

    team: str
    name: str
    template: str
    destinations: list[str] = Field(description="Names of connections; an empty one is where it is asked.")
    asks: list[str] = Field(description="Inputs that say where the result goes, beside the template's own.")
    baseline_minutes: float | None


class WorkflowList(Answer):
    workflows: list[Workflow]


class Connection(Answer):
    """A connection your team may use."""

    name: str
    connector: str
    title: str
    sandbox: bool
    paused: bool
    caution: str = Field(description="What to know before relying on it; empty where all is well.")
    teams: list[str]


class Probe(Answer):
    """One thing that was tried."""

    id: str
    ok: bool
    what: str
    fix: str = Field(description="What mends it; empty where it works.")
    who: str = Field(description="Who can do that.")
    optional: bool = Field(description="Only one feature needs it; the connection works all the same.")


class Tryout(Answer):
    """The last look whether a connection works."""

    connection: str
    tried_at: float | None = Field(description="When it was done, in Unix seconds; null before the first one is.")
    under_way: bool
    works: bool | None = Field(description="Whether everything it needs is there; null while nobody knows.")
    probes: list[Probe]


class ConnectionList(Answer):
    connections: list[Connection]
