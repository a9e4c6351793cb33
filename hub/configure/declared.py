"""What a hub.yaml may declare, as models that refuse what they do not know."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, field_validator, model_validator

from hub.clean import clean_text
from hub.domain import Role, Target
from hub.governance.additions import Additions
from hub.governance.evidenced import words_of
from hub.governance.policy import CheckRule
from hub.governance.reviews import ReviewRules
from hub.governance.rules import RuleId
from hub.pipeline.routes import ORIGIN
from hub.store.budgets import WARN_AT
from hub.store.evidence import Evidence

NAME = r"^[a-z][a-z0-9_-]{0,62}$"
Name = Annotated[str, StringConstraints(pattern=NAME)]
Email = Annotated[str, StringConstraints(pattern=r"^[^@\s]{1,64}@[^@\s]{1,255}$", max_length=320)]
Said = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
GroupName = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
#: Letters and digits with . _ - between, a letter first: nothing that could be taken for a telephone number.
EvidenceId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9._-]{0,62}$")]
Dollars = Annotated[Decimal, Field(ge=0, le=1_000_000_000, decimal_places=6)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class BudgetPart(_Part):
    """What a team may spend a month, as a whole and in its parts, in US dollars. A number alone is the ``limit``.

    From the share ``warn_at`` of a budget on its use is warned of. One that is not ``hard`` refuses nothing.
    ``each_person`` is for everybody whom ``people`` does not name.
    """

    limit: Dollars | None = None
    warn_at: Annotated[float, Field(gt=0, le=1)] = WARN_AT
    hard: bool = True
    each_person: Dollars | None = None
    people: dict[Email, Dollars] = Field(default_factory=dict)
    workflows: dict[Name, Dollars] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _limit_alone(cls, given: Any) -> Any:
        return {"limit": given} if isinstance(given, int | float | str | Decimal) else given


class TeamPart(_Part):
    """A team. ``packs`` and ``policy`` add rule-packs, checks and rules to the organisation's; ``review`` says when it
    works, who its specialists are, and how soon they look."""

    title: Said
    budget: BudgetPart | None = None
    packs: tuple[RuleId, ...] = ()
    policy: tuple[CheckRule, ...] = ()
    review: ReviewRules | None = None


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
    """Where the hub's own events are sent. Secrets are references, and the address may be one; while a secret is
    changed both sign.

    ``format: slack`` posts a line to a channel instead, without a signature: then ``url`` is a secret, and a reference.
    ``private`` lets the address stand on this machine or in a private network.
    """

    url: Annotated[str, StringConstraints(max_length=2000)]
    events: Annotated[tuple[str, ...], Field(min_length=1)]
    team: Name | None = None
    secret: str | None = None
    secret_previous: str | None = None
    format: Literal["standard", "slack"] = "standard"
    private: bool = False
    enabled: bool = True

    @model_validator(mode="after")
    def _signed(self) -> WebhookPart:
        if (self.format == "standard") != (self.secret is not None):
            raise ValueError("a Standard Webhook has a secret, and a channel of Slack has none")
        return self


def _one_line(text: Any) -> Any:
    """A text of the register: data, whatever it looks like, on one line, in the order it is read in."""
    if not isinstance(text, str):
        return text
    if _REORDERING.search(text):
        raise ValueError("an invisible character here shows letters in another order than they stand in; delete it")
    return " ".join(clean_text(text).split())


_REORDERING = re.compile("[\u202a-\u202e\u2066-\u2069]")
Line = Annotated[str, BeforeValidator(_one_line)]


class EvidencePart(_Part):
    """What can be shown for a claim, see ``domain.Evidence``. ``withdrawn`` left out leaves it as it stands."""

    claim: Annotated[Line, StringConstraints(min_length=1, max_length=500)]
    owner: Annotated[Line, StringConstraints(min_length=1, max_length=200)]
    source: Annotated[Line, StringConstraints(min_length=1, max_length=2000)]
    team: Name | None = None
    markets: Annotated[
        tuple[Annotated[Line, StringConstraints(min_length=1, max_length=60)], ...], Field(max_length=250)
    ] = ()
    valid_from: date | None = None
    expires_on: date | None = None
    disclaimer: Annotated[Line, StringConstraints(max_length=500)] = ""
    withdrawn: bool | None = None

    @model_validator(mode="after")
    def _says_something(self) -> EvidencePart:
        if not words_of(self.claim):
            raise ValueError("the claim says nothing that a text could be compared with")
        if self.valid_from and self.expires_on and self.expires_on < self.valid_from:
            raise ValueError("expires_on is before valid_from")
        return self

    def evidence(self, id: str, known: Evidence | None) -> Evidence:
        """The entry it declares; what it leaves open stays as ``known`` has it."""
        withdrawn = known is not None and known.withdrawn if self.withdrawn is None else self.withdrawn
        return Evidence(
            id=id,
            claim=self.claim,
            owner=self.owner,
            source=self.source,
            team=self.team,
            markets=self.markets,
            valid_from=self.valid_from and self.valid_from.isoformat(),
            expires_on=self.expires_on and self.expires_on.isoformat(),
            disclaimer=self.disclaimer,
            withdrawn=withdrawn,
        )


class SignInPart(_Part):
    """How people sign in. ``groups`` maps a group of the provider to the role it gives in each team. Where any is
    declared, whoever signs in through the provider has the roles of their groups and no others."""

    groups: dict[GroupName, dict[Name, Role]] = Field(default_factory=dict)


class Declaration(_Part):
    """A whole hub.yaml. What it does not name stays as it is. ``policy`` is the organisation's.

    ``enablements`` maps a team to its connections: a list of names, or names with that team's settings, where ``off``
    switches a connection off. Here None stands for off.
    """

    policy: Additions | None = None
    sign_in: SignInPart | None = None
    teams: dict[Name, TeamPart] = Field(default_factory=dict)
    people: dict[Email, PersonPart] = Field(default_factory=dict)
    connections: dict[Name, ConnectionPart] = Field(default_factory=dict)
    enablements: dict[Name, dict[Name, dict[str, Any] | None]] = Field(default_factory=dict)
    workflows: dict[Name, dict[Name, WorkflowPart]] = Field(default_factory=dict)
    webhooks: dict[Name, WebhookPart] = Field(default_factory=dict)
    evidence: dict[EvidenceId, EvidencePart] = Field(default_factory=dict)

    @field_validator("enablements", mode="before")
    @classmethod
    def _each_switch(cls, teams: Any) -> Any:
        """Both ways of writing a team's connections as one: settings for on, None for off."""
        if teams is None:
            return {}
        return {team: _switches(given) for team, given in teams.items()} if isinstance(teams, dict) else teams

    @field_validator("teams", "people", "connections", "workflows", "webhooks", "evidence", mode="before")
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
