"""By hand: people make, change, pause, switch on and remove connections; each change is put on the ledger."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from hub.bootstrap import Hub
from hub.configure.declared import NAME
from hub.domain import Actor
from hub.errors import BadRequest, Conflict, UnknownName
from hub.ledger import Entry
from hub.store import Tx, connections, health, teams
from hub.store.connections import ConnectionRow

#: What a secret's predecessor is called among a connector's settings: both are accepted while it is changed over.
PREVIOUS = "_previous"
#: Under this name the pages have the list of what can be connected.
RESERVED = "new"


def make(
    hub: Hub, actor: Actor, name: str, connector: str, given: Mapping[str, Any], *, sandbox: bool = False
) -> ConnectionRow:
    """A new connection, on for no team yet: nothing runs over it.

    Raises:
        BadRequest: its name or a setting cannot be used.
        Conflict: the name is taken.
    """
    check_name(name)
    row = hub.parts.connections.sealed(name, connector, given, sandbox=sandbox, now=hub.parts.clock())
    with hub.database.transaction() as tx:
        if connections.get(tx, name) is not None:
            raise Conflict(f"There is a connection named {name} already.", instead="Give this one another name.")
        connections.put(tx, row)
        entry = Entry("connection.made", {"connection": name, "connector": connector, "sandbox": sandbox})
        _record(hub, tx, actor, entry)
    return row


def check_name(name: str) -> None:
    """
    Raises:
        BadRequest: it is no name for a connection.
    """
    if name == RESERVED or not re.fullmatch(NAME, name):
        raise BadRequest(
            "The connection's name cannot be used.",
            why="It stands in addresses: at most 63 small letters, digits, hyphens and underscores, a letter first.",
            instead="Pick a short one, such as docs-emea.",
        )


def settings_of(hub: Hub, row: ConnectionRow) -> dict[str, Any]:
    """A connection's settings as they stand, secrets included: what a change of some of them begins with."""
    return {**row.settings, **(hub.parts.connections.secrets_of(row) or {})}


def change(hub: Hub, actor: Actor, name: str, given: Mapping[str, Any]) -> bool:
    """Give a connection these settings, all of them; False when they are what they were.

    Raises:
        UnknownName, BadRequest: there is none of this name, or a setting is wrong.
        Conflict: a hub.yaml holds it.
    """
    with hub.database.reading() as tx:
        row = known(tx, name)
    own_to_change(row)
    now = hub.parts.clock()
    new = hub.parts.connections.sealed(name, row.connector, given, sandbox=row.sandbox, now=now, before=row)
    old = hub.parts.connections.secrets_of(row) or {}
    held = hub.vault.open(new.secrets)
    plain = sorted(key for key in {**row.settings, **new.settings} if row.settings.get(key) != new.settings.get(key))
    secret = sorted(key for key in {**old, **held} if old.get(key) != held.get(key))
    if not plain and not secret:
        return False
    with hub.database.transaction() as tx:
        # The pause may have been ended meanwhile.
        connections.put(tx, replace(new, paused=known(tx, name).paused))
        _record(hub, tx, actor, Entry("connection.changed", {"connection": name, "settings": plain, "secrets": secret}))
    return True


def renew_secret(hub: Hub, actor: Actor, name: str, secret: str, value: str) -> bool:
    """Put a new secret in force; whether the one before it stays accepted until the overlap is ended.

    Raises:
        UnknownName, BadRequest: no such connection or secret, or the new one cannot be used.
        Conflict: a hub.yaml holds it.
    """
    row, given = _given(hub, name)
    fields = hub.parts.connections.connector(row.connector).settings
    if secret not in fields.secret_names() or secret.endswith(PREVIOUS):
        raise UnknownName("The connection has no such secret.", instead="Pick one that its page lists.")
    if not value.strip():
        raise BadRequest("The new secret is empty.", instead="Paste it whole.")
    overlaps = f"{secret}{PREVIOUS}" in fields.model_fields
    # The same value once more: the one before it must not be lost.
    if overlaps and given.get(secret) and given[secret].reveal() != value:
        given[f"{secret}{PREVIOUS}"] = given[secret]
    change(hub, actor, name, {**given, secret: value})
    return overlaps


def end_overlap(hub: Hub, actor: Actor, name: str, secret: str) -> None:
    """From now on only the new secret is accepted.

    Raises:
        UnknownName: there is no such connection, or no old secret is accepted.
        Conflict: a hub.yaml holds it.
    """
    _, given = _given(hub, name)
    if f"{secret}{PREVIOUS}" not in given:
        raise UnknownName("No old secret of this name is accepted.", instead="There is nothing to end.")
    change(hub, actor, name, {**given, f"{secret}{PREVIOUS}": None})


def pause(hub: Hub, actor: Actor, name: str, paused: bool) -> None:
    """Pause a connection or end its pause: then what was held goes on at once.

    Raises:
        UnknownName: there is none of this name.
    """
    now = hub.parts.clock()
    with hub.database.transaction() as tx:
        if known(tx, name).paused == paused:
            return
        connections.pause(tx, name, paused, now)
        if not paused:
            health.go_on(tx, name, now)
        _record(hub, tx, actor, Entry("connection.paused" if paused else "connection.resumed", {"connection": name}))


def switch(hub: Hub, actor: Actor, name: str, team: str, on: bool) -> bool:
    """Switch a connection on or off for a team; whether a hub.yaml said otherwise, and will say so again.

    Raises:
        UnknownName: there is no such connection or team.
    """
    with hub.database.transaction() as tx:
        known(tx, name)
        if "\x00" in team or teams.get(tx, team) is None:
            raise UnknownName("There is no team of this name.", instead="Look at the list of teams.")
        declared = (name, team) in connections.declared_for(tx, name)
        if connections.enabled(tx, name, team) == on:
            return False
        if on:
            connections.enable(tx, name, team, {})
        else:
            connections.disable(tx, name, team)
        kind = "connection.switched_on" if on else "connection.switched_off"
        _record(hub, tx, actor, Entry(kind, {"connection": name}), team)
    return declared


def uses(hub: Hub, tx: Tx, name: str) -> list[str]:
    """What still uses a connection, in words; empty when it can be removed."""
    found = [f"it is switched on for {team}" for team in connections.teams_of(tx, name)]
    found += [f"the workflow {flow} of {team} writes there" for team, flow in health.workflows_to(tx, name)]
    if waiting := health.held(tx, name):
        found.append(f"{waiting} {'delivery waits' if waiting == 1 else 'deliveries wait'} to be written over it")
    return found


def remove(hub: Hub, actor: Actor, name: str) -> None:
    """Remove a connection that nothing uses, with its settings and secrets.

    Raises:
        UnknownName: there is none of this name.
        Conflict: something uses it, or a hub.yaml holds it.
    """
    with hub.database.transaction() as tx:
        row = known(tx, name)
        own_to_change(row)
        if used := uses(hub, tx, name):
            raise Conflict(f"{name} is still in use.", why=_listed(used), instead="Take it out of use first.")
        connections.remove(tx, name)
        _record(hub, tx, actor, Entry("connection.removed", {"connection": name}))


def known(tx: Tx, name: str) -> ConnectionRow:
    """
    Raises:
        UnknownName: there is no connection of this name.
    """
    row = None if "\x00" in name else connections.get(tx, name)
    if row is None:
        raise UnknownName("There is no connection of this name.", instead="Look at the list of connections.")
    return row


def own_to_change(row: ConnectionRow) -> None:
    """
    Raises:
        Conflict: a hub.yaml holds the connection.
    """
    if row.declared:
        raise Conflict(
            f"{row.name} is declared in a hub.yaml.",
            why="What was changed here, the next `inlay apply` would put back.",
            instead="Change it in the file and apply that. Pausing it and switching it on or off works here.",
            who="whoever keeps the file",
        )


def _given(hub: Hub, name: str) -> tuple[ConnectionRow, dict[str, Any]]:
    with hub.database.reading() as tx:
        row = known(tx, name)
    own_to_change(row)
    return row, settings_of(hub, row)


def _record(hub: Hub, tx: Tx, actor: Actor, entry: Entry, team: str = "") -> None:
    who = hub.parts.ledger.pseudonym(tx, actor.person, actor.via)
    hub.parts.ledger.append(tx, run_id="", team=team, actor=who, at=hub.parts.clock(), entries=[entry])


def _listed(found: Iterable[str]) -> str:
    text = "; ".join(found)
    return f"{text[:1].upper()}{text[1:]}."
