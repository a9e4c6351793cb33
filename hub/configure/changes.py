"""One change per declared thing: what it is, whether it is new, what differs, and how it is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from hub.configure.budgets import allowances, named, shown
from hub.configure.declared import ConnectionPart, TeamPart
from hub.configure.reading import Source, is_reference
from hub.configure.standing import Standing
from hub.domain import Role, Target
from hub.errors import BadRequest, InvalidInputs, UnknownName
from hub.governance import packs
from hub.governance.additions import NONE, Additions, policy_of
from hub.ledger import Entry
from hub.pipeline.routes import asks
from hub.store import Tx, budgets, connections, links, policies, teams
from hub.store.connections import ConnectionRow, Workflow

#: Under which word a plan says who keeps a connection or a switch.
KEPT = "kept in"


@dataclass(frozen=True, slots=True)
class Change:
    """``details`` says what differs, without a secret's value. ``write`` makes it so; ``entry`` is put on record, and
    so are the ``roles`` of a person, (e-mail, team to role), where they change."""

    kind: Literal["create", "change", "same"]
    what: str
    details: tuple[str, ...] = ()
    write: Callable[[Tx], None] = field(default=lambda _: None, repr=False, compare=False)
    entry: Entry | None = None
    roles: tuple[str, Mapping[str, Role]] | None = field(default=None, compare=False)


def policy_in(source: Source, now: Standing) -> Iterator[Change]:
    part = source.declared.policy
    if part is None:
        return
    _fits(source, ("policy",), part, "", NONE)
    # The teams that the file does not name keep what they add, and have to fit as well.
    for name, team in now.teams.items():
        if name not in source.declared.teams:
            try:
                policy_of(part, name, Additions.model_validate(team.policy))
            except InvalidInputs as error:
                raise source.wrong((("policy",), f"with what team {name} adds: {error.why or error.what}")) from None
    wanted = part.model_dump(mode="json", exclude_defaults=True)
    have = {"policy": now.policy} if now.policy else {}
    yield change("policy", have, {"policy": wanted}, lambda tx: policies.put(tx, wanted, now.at), {"policy": _added})


def _organisation(source: Source, now: Standing) -> Additions:
    return source.declared.policy or Additions.model_validate(now.policy)


def _added(value: Mapping[str, Any]) -> str:
    chosen = value.get("packs")
    rules = len(value.get("checks", ()))
    return f"{'the default packs' if chosen is None else ', '.join(chosen) or 'no packs'}; {rules} checks added"


def _reviewed(value: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {told}" for name, told in value.items()) or "as by default"


def teams_in(source: Source, now: Standing) -> Iterator[Change]:
    for name, part in source.declared.teams.items():
        added = Additions(packs=part.packs or None, checks=part.policy)
        _fits(source, ("teams", name), _organisation(source, now), name, added)
        policy = added.model_dump(mode="json", exclude_defaults=True)
        wanted: dict[str, Any] = {"title": part.title, "policy": policy}
        known = now.teams.get(name)
        have: dict[str, Any] = {} if known is None else {"title": known.title, "policy": dict(known.policy)}
        review = None if part.review is None else part.review.model_dump(mode="json", exclude_defaults=True)
        if review is not None:
            wanted["review"] = review
            have |= {"review": dict(known.review or {})} if known else {}
        limits = None if part.budget is None else allowances(source, now, name, part.budget)
        if limits is not None:
            wanted |= named(limits)
            have |= named(now.budgets.get(name, ()))

        def write(
            tx: Tx,
            name: str = name,
            part: TeamPart = part,
            policy: Any = policy,
            limits: Any = limits,
            review: Any = review,
        ) -> None:
            teams.put(tx, name, part.title, policy, now.at, review=review)
            if limits is not None:
                budgets.declare(tx, name, limits)

        said = {key: shown for key in (*wanted, *have) if key.startswith("budget")}
        _are_somebody(source, now, name, part)
        yield change(f"team {name}", have, wanted, write, {"policy": _added, "review": _reviewed, **said})


def _are_somebody(source: Source, now: Standing, team: str, part: TeamPart) -> None:
    """Refuse specialists and budgets of people whom nobody knows: a slip of a letter would leave a review to nobody.
    What stands already stays, so that one who has left keeps nothing from being applied."""
    known = {email.casefold() for email in (*now.people, *source.declared.people)}
    stored = now.teams.get(team)
    before = set((stored.review or {}).get("specialists", ())) if stored else set()
    before |= {one.scope.name for one in now.budgets.get(team, ()) if one.scope.kind == "person"}
    places = [("review", "specialists", email) for email in (part.review.specialists if part.review else ())]
    places += [("budget", "people", email) for email in (part.budget.people if part.budget else ())]
    for section, key, email in places:
        if email.casefold() not in known | before:
            at = ("teams", team, section, key, *((email,) if key == "people" else ()))
            raise source.wrong((at, f"{email} is nobody here; name them under 'people' first"))


def people_in(source: Source, now: Standing) -> Iterator[Change]:
    known_teams = {*now.teams, *source.declared.teams}
    for email, part in source.declared.people.items():
        for team in part.roles:
            if team not in known_teams:
                raise source.wrong((("people", email, "roles", team), unknown("team", known_teams)))
        address = email.lower()
        name, roles = now.people.get(address, ("", {}))
        have = {"name": name, "roles": roles} if roles else {}

        def write(tx: Tx, address: str = address, part: Any = part, differ: bool = roles != part.roles) -> None:
            teams.put_person(tx, address, part.name, part.roles, now.at)
            if differ:
                # A link that is out was handed to whoever might open what the person could do then, and no more.
                links.drop(tx, address)

        said = {"roles": lambda value: ", ".join(f"{role.value} of {team}" for team, role in sorted(value.items()))}
        made = change(f"person {address}", have, {"name": part.name, "roles": part.roles}, write, said)
        yield replace(made, roles=(address, part.roles)) if dict(roles) != dict(part.roles) else made


def connections_in(source: Source, now: Standing) -> Iterator[Change]:
    for name, part in source.declared.connections.items():
        row = _sealed(source, now, name, part)
        known = now.connections.get(name)
        have: dict[str, Any] = {}
        wanted = {"connector": part.connector, "sandbox": part.sandbox, **row.settings}
        new_secrets = now.secrets_of(row) or {}
        wanted |= {key: Hidden(value.reveal()) for key, value in new_secrets.items()}
        # What a reference names may be private even where the connector does not call it a secret.
        private = {key: lambda _: "what the reference says" for key, v in part.settings.items() if is_reference(v)}
        if known is not None:
            row = replace(row, paused=known.paused)
            have = {"connector": known.connector, "sandbox": known.sandbox, **known.settings}
            # Made on the pages: from now on it is this file's.
            have |= {} if known.declared else {KEPT: "the pages"}
            wanted |= {} if known.declared else {KEPT: "hub.yaml"}
            old = now.secrets_of(known)
            have |= {key: Hidden(value.reveal()) for key, value in (old or {}).items()}
        yield change(f"connection {name}", have, wanted, lambda tx, row=row: connections.put(tx, row), private)


def enablements_in(source: Source, now: Standing) -> Iterator[Change]:
    known_teams = {*now.teams, *source.declared.teams}
    known = {*now.connections, *source.declared.connections}
    for team, switches in source.declared.enablements.items():
        if team not in known_teams:
            raise source.wrong((("enablements", team), unknown("team", known_teams)))
        for name, settings in switches.items():
            if name not in known:
                raise source.wrong((("enablements", team, name), unknown("connection", known)))
            what = f"{name} for {team}"
            have = now.on.get((name, team))
            if settings is None:
                kind: Literal["change", "same"] = "same" if have is None else "change"
                details = () if have is None else ("switched off",)
                yield Change(kind, what, details, lambda tx, n=name, t=team: _off(tx, n, t))
            else:
                by_hand = have is not None and (name, team) not in now.declared
                yield change(
                    what,
                    {} if have is None else {"settings": dict(have), **({KEPT: "the pages"} if by_hand else {})},
                    {"settings": dict(settings), **({KEPT: "hub.yaml"} if by_hand else {})},
                    lambda tx, n=name, t=team, s=settings: connections.enable(tx, n, t, s, declared=True),
                    {"settings": lambda value: ", ".join(sorted(value)) or "none"},
                )


def workflows_in(source: Source, now: Standing) -> Iterator[Change]:
    known_teams = {*now.teams, *source.declared.teams}
    on = {pair for pair in now.on}
    for team, switches in source.declared.enablements.items():
        on |= {(name, team) for name, settings in switches.items() if settings is not None}
        on -= {(name, team) for name, settings in switches.items() if settings is None}
    for team, flows in source.declared.workflows.items():
        if team not in known_teams:
            raise source.wrong((("workflows", team), unknown("team", known_teams)))
        for name, part in flows.items():
            path = ("workflows", team, name)
            try:
                now.hub.parts.shelf.current(part.template)
            except UnknownName as error:
                raise source.wrong(((*path, "template"), f"{error.what} {error.instead}")) from None
            for number, place in enumerate(part.destinations):
                if place.connection and (place.connection, team) not in on:
                    at = (*path, "destinations", number, "connection")
                    raise source.wrong((at, f"{place.connection} is not switched on for the team {team}"))
                _check_place(source, now, (*path, "destinations", number, "at"), place.target)
            targets = tuple(place.target for place in part.destinations)
            own = {spec.name for spec in now.hub.parts.shelf.current(part.template).inputs}
            if taken := sorted(own & set(asks(targets))):
                wrong = f"{taken[0]} is an input of the template itself: name the input for the place otherwise"
                raise source.wrong(((*path, "destinations"), wrong))
            flow = Workflow(team, name, part.template, targets, part.baseline_minutes)
            known = now.workflows.get((team, name))
            yield change(
                f"workflow {team}/{name}",
                {} if known is None else _flow(known),
                _flow(flow),
                lambda tx, flow=flow: connections.put_workflow(tx, flow),
                {"destinations": _places},
            )


def _check_place(source: Source, now: Standing, path: tuple[str | int, ...], target: Target) -> None:
    """A misspelt field would be found by the first person who asks: it is found here."""
    declared, stored = source.declared.connections.get(target.connection), now.connections.get(target.connection)
    kind = declared.connector if declared else stored.connector if stored else ""
    connector = now.hub.registry.connectors.get(kind)
    if connector is None:
        return
    sample = connector.sample_target()
    # What a person will name is any place of the right kind.
    at = {key: sample.get(key, "any") if isinstance(value, Mapping) else value for key, value in target.at.items()}
    try:
        connector.check_target(at)
    except BadRequest as error:
        raise source.wrong((path, error.what)) from None


def _places(flow: Any) -> str:
    return "; ".join(f"{name} {', '.join(f'{key}: {value}' for key, value in at.items())}".strip() for name, at in flow)


class Hidden:
    """A secret's value that can be compared and never shows."""

    def __init__(self, value: str) -> None:
        self._value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Hidden) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __str__(self) -> str:
        return "a secret"

    __repr__ = __str__


def change(
    what: str,
    have: Mapping[str, Any],
    wanted: Mapping[str, Any],
    write: Callable[[Tx], None],
    said: Mapping[str, Callable[[Any], str]] | None = None,
) -> Change:
    if not have:
        return Change("create", what, (), write)
    details = []
    for name in dict.fromkeys([*wanted, *have]):
        old, new = have.get(name), wanted.get(name)
        if old != new:
            show = (said or {}).get(name, str)
            hidden = isinstance(old, Hidden) and isinstance(new, Hidden)
            details.append(f"{name}: a new secret" if hidden else f"{name}: {_shown(old, show)} → {_shown(new, show)}")
    return Change("change" if details else "same", what, tuple(details), write)


def _shown(value: Any, show: Callable[[Any], str]) -> str:
    if isinstance(value, Hidden):
        return "a secret"
    return "nothing" if value is None or value == "" else show(value)


def _fits(source: Source, path: tuple[str, ...], organisation: Additions, team: str, added: Additions) -> None:
    """Try the rules together, so that what is stored can be in force. A fault is named at its line."""
    for name in (added if team else organisation).unknown():
        raise source.wrong(((*path, "packs"), f"'{name}': {unknown('rule-pack', packs.names())}"))
    try:
        policy_of(organisation, team, added)
    except InvalidInputs as error:
        raise source.wrong(((*path, "policy") if team else (*path, "checks"), error.why or error.what)) from None


def _sealed(source: Source, now: Standing, name: str, part: ConnectionPart) -> ConnectionRow:
    path = ("connections", name)
    connector = now.hub.registry.connectors.get(part.connector)
    if connector is None:
        known = now.hub.registry.connectors
        raise source.wrong(((*path, "connector"), unknown("connector", known)))
    secret = connector.settings.secret_names()
    given: dict[str, Any] = {}
    for key, value in part.settings.items():
        at = (*path, "settings", key)
        if key not in connector.settings.model_fields:
            raise source.wrong((at, unknown("setting", connector.settings.model_fields)))
        if key in secret and value is not None and not is_reference(value):
            raise source.wrong((at, "a secret is not written here: name it as $env:NAME or $file:PATH"))
        try:
            given[key] = source.resolve(value)
        except BadRequest as error:
            raise source.wrong((at, error.what)) from None
    try:
        row = now.hub.parts.connections.sealed(
            name, part.connector, given, sandbox=part.sandbox, now=now.at, before=now.connections.get(name)
        )
        return replace(row, declared=True)
    except BadRequest as error:
        raise source.wrong((path, error.why or error.what)) from None


def _flow(flow: Workflow) -> dict[str, Any]:
    places = [(target.connection, dict(target.at)) for target in flow.destinations]
    return {"template": flow.template, "destinations": places, "baseline_minutes": flow.baseline_minutes}


def _off(tx: Tx, name: str, team: str) -> None:
    connections.disable(tx, name, team)


def unknown(kind: str, known: Any) -> str:
    return f"there is no {kind} of this name; known are: {', '.join(sorted(known)) or 'none'}"
