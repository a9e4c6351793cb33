"""What a hub.yaml may declare, as models that refuse what they do not know."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from hub.domain import Role, Target
from hub.governance.additions import Additions
from hub.governance.policy import CheckRule
from hub.governance.rules import RuleId
from hub.pipeline.routes import ORIGIN

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,62}$")]
Email = Annotated[str, StringConstraints(pattern=r"^[^@\s]{1,64}@[^@\s]{1,255}$", max_length=320)]
Said = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Dollars = Annotated[Decimal, Field(ge=0, le=1_000_000_000, decimal_places=6)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class TeamPart(_Part):
    """A team. ``budget`` is what it may spend a month; ``packs`` and ``policy`` add rule-packs, checks and rules to the
    organisation's."""

    title: Said
    budget: Dollars | None = None
    packs: tuple[RuleId, ...] = ()
    policy: tuple[CheckRule, ...] = ()


class PersonPart(_Part):
    """A person and their role in each team."""

    name: Said
    roles: Annotated[dict[Name, Role], Field(min_length=1)]


class ConnectionPart(_Part):
    """One account of a connector. Any setting may be a reference; a secret must be one."""

    connector: str
    settings: dict[str, Any] = Field(default_factory=dict)
    sandbox: bool = False


class DestinationPart(_Part):
    """Where a workflow's output goes: a place in a connection, in the connector's own words, or with ``origin`` the
    place it was asked from. In ``at``, ``{from_input: NAME}`` stands for what the person gives under that name.
    """

    connection: Name | None = None
    at: dict[str, Any] = Field(default_factory=dict)
    origin: bool = False

    @model_validator(mode="after")
    def _one_place(self) -> DestinationPart:
        if self.origin == bool(self.connection) or self.origin == bool(self.at):
            raise ValueError("write connection and at, or origin: true")
        return self

    @property
    def target(self) -> Target:
        return ORIGIN if self.connection is None else Target(connection=self.connection, at=self.at)


class WorkflowPart(_Part):
    """What a team picks by name. ``baseline_minutes`` is how long the work takes without Inlay."""

    template: str
    destinations: tuple[DestinationPart, ...] = ()
    baseline_minutes: Annotated[float, Field(gt=0, le=10_000)] | None = None


class WebhookPart(_Part):
    """Where the hub's own events are sent. Secrets are references; while one is changed both sign.

    ``private`` lets the address stand on this machine or in a private network.
    """

    url: Annotated[str, StringConstraints(max_length=2000)]
    events: Annotated[tuple[str, ...], Field(min_length=1)]
    team: Name | None = None
    secret: str
    secret_previous: str | None = None
    private: bool = False
    enabled: bool = True


class Declaration(_Part):
    """A whole hub.yaml. What it does not name stays as it is. ``policy`` is the organisation's.

    ``enablements`` maps a team to its connections: a list of names, or names with that team's settings, where ``off``
    switches a connection off. Here None stands for off.
    """

    policy: Additions | None = None
    teams: dict[Name, TeamPart] = Field(default_factory=dict)
    people: dict[Email, PersonPart] = Field(default_factory=dict)
    connections: dict[Name, ConnectionPart] = Field(default_factory=dict)
    enablements: dict[Name, dict[Name, dict[str, Any] | None]] = Field(default_factory=dict)
    workflows: dict[Name, dict[Name, WorkflowPart]] = Field(default_factory=dict)
    webhooks: dict[Name, WebhookPart] = Field(default_factory=dict)

    @field_validator("enablements", mode="before")
    @classmethod
    def _each_switch(cls, teams: Any) -> Any:
        """Both ways of writing a team's connections as one: settings for on, None for off."""
        if teams is None:
            return {}
        return {team: _switches(given) for team, given in teams.items()} if isinstance(teams, dict) else teams

    @field_validator("teams", "people", "connections", "workflows", "webhooks", mode="before")
    @classmethod
    def _empty_is_nothing(cls, given: Any) -> Any:
        """A section without entries, as the starter file has them."""
        return {} if given is None else given


def _switches(given: Any) -> Any:
    if isinstance(given, list):
        return {str(name): {} for name in given}
    if isinstance(given, dict):
        on_or_off = {True: {}, False: None}
        return {
            name: on_or_off[value] if isinstance(value, bool) else {} if value is None else value
            for name, value in given.items()
        }
    return given
