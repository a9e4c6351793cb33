"""Opens connections: a stored row, its unsealed secrets and a guarded HTTP client, ready for a connector."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from hub import faults
from hub.errors import BadRequest, ConfigurationError, InlayError, NeedsPermission, NotAllowed, Paused, UnknownName
from hub.sdk import Connection, Connector, Entrance, GuardedHttp, Secret
from hub.store import Database, Tx, connections, permits, runs
from hub.store.connections import ConnectionRow
from hub.vault import Vault

#: How many seconds what is held by a pause waits before it looks again. The end of a pause wakes it at once.
PAUSED = 300.0


class Connections:
    """Every connection of this hub, opened when first needed and again when its settings change."""

    def __init__(
        self, database: Database, vault: Vault, connectors: Mapping[str, Connector], clock: Callable[[], float]
    ) -> None:
        self._database = database
        self._vault = vault
        self._connectors = connectors
        self._clock = clock
        self._open: dict[str, tuple[float, Connector, Connection]] = {}
        self._lock = threading.Lock()

    def get(self, name: str, *, person: str | None = None) -> tuple[Connector, Connection]:
        """The connector and the open connection; with ``person``, carrying the token they lent, if they did.

        Raises:
            UnknownName: there is no connection of this name, or its connector is not installed.
            ConfigurationError: its stored secrets or settings cannot be used.
        """
        with self._database.reading() as tx:
            row = connections.get(tx, name)
            sealed = self._lent(tx, name, person)
        return _as(self._opened(name, row), person, self._vault.open(sealed or ""))

    def for_team(self, name: str, team: str, *, person: str | None = None) -> tuple[Connector, Connection]:
        """The same, for a team it is switched on for; with ``person``, in their name and in no other.

        Raises:
            NotAllowed: it is not switched on for the team.
            Paused: an admin paused it.
            NeedsPermission: what the person lent has ended.
        """
        with self._database.reading() as tx:
            on = connections.enabled(tx, name, team)
            row = connections.get(tx, name)
            sealed = self._lent(tx, name, person)
        opened = _as(self._opened(name, row), person, self._vault.open(sealed or ""))
        if not on:
            raise NotAllowed(
                f"{opened[0].title} ({name}) is not switched on for the team {team}.",
                why="An admin decides which team works with which connection.",
                instead="Ask an admin to switch it on for your team: that is one click under Connectors.",
                who="an admin",
            )
        if row is not None and row.paused:
            raise Paused(
                f"{opened[0].title} ({name}) is paused.",
                after=PAUSED,
                why="An admin paused it. What was taken before is kept and goes on by itself when the pause ends.",
                instead="Ask an admin how long it lasts, or send it again afterwards: nothing was lost.",
            )
        if person and opened[1].token is None:
            title = opened[0].title
            raise NeedsPermission(
                f"The access to {title} that was lent for this run has ended.",
                why="The run works in the name of the person who lent it, never in another's. It lasts about an hour.",
                instead=f"Open Inlay in {title} again: the run goes on by itself.",
                who="the person who asked",
            )
        return opened

    def caution(self, name: str) -> str:
        """What its connector wants people to know before they rely on a connection; empty where it is nothing."""
        try:
            connector, connection = self.get(name)
            return connector.caution(connection)
        except (InlayError, ConfigurationError):
            # What it cannot be opened for is for the doctor to say.
            return ""

    def entrances(self, name: str) -> Sequence[Entrance]:
        """Where people work over a connection; nowhere while it cannot be opened."""
        try:
            connector, connection = self.get(name)
            return connector.entrances(connection)
        except (InlayError, ConfigurationError):
            return ()

    def lent_by(self, person: str) -> dict[str, float]:
        """The connections a person lends their own token for now, and when they lent it."""
        with self._database.reading() as tx:
            return permits.of_person(tx, runs.one_spelling(person) or "", self._clock())

    def lend(self, name: str, person: str, token: Secret, expires_at: float) -> None:
        """Keep a person's own token for their runs, sealed, until it expires."""
        sealed = self._vault.seal({"token": token.reveal()})
        with self._database.transaction() as tx:
            permits.put(tx, name, runs.one_spelling(person) or "", sealed, expires_at, self._clock())

    def forget_expired(self) -> None:
        """Delete the tokens that have expired."""
        with self._database.transaction() as tx:
            permits.expire(tx, self._clock())

    def sealed(
        self,
        name: str,
        connector_name: str,
        given: Mapping[str, Any],
        *,
        sandbox: bool,
        now: float,
        before: ConnectionRow | None = None,
    ) -> ConnectionRow:
        """Settings as an admin gives them, checked and split into plain settings and sealed secrets.

        ``before`` is the connection as it stands: a secret that stays the same keeps the day it was set on.

        Raises:
            BadRequest: a setting is unknown, missing or wrong; each is named, no value is quoted.
        """
        connector = self.connector(connector_name)
        try:
            settings = connector.settings.model_validate(dict(given))
        except ValidationError as error:
            wrong = "; ".join(
                f"{'.'.join(map(str, e['loc']))}: {faults.said(e)}" for e in error.errors(include_input=False)
            )
            raise BadRequest(f"The settings of {name} cannot be used.", why=wrong, who="an admin") from None
        secret = connector.settings.secret_names()
        plain = {key: value for key, value in settings.model_dump(mode="json").items() if key not in secret}
        held = {key: value.reveal() for key in secret if (value := getattr(settings, key)) is not None}
        dates = dict.fromkeys(held, now)
        if before is not None:
            old = self.secrets_of(before) or {}
            same = [key for key, value in held.items() if key in old and old[key].reveal() == value]
            dates |= {key: before.secret_dates[key] for key in same if key in before.secret_dates}
        return ConnectionRow(
            name, connector_name, plain, self._vault.seal(held), sandbox, False, now, secret_dates=dates
        )

    def secrets_of(self, row: ConnectionRow) -> dict[str, Secret] | None:
        """The opened secrets of a stored connection; None when no key in force opens them."""
        try:
            return self._vault.open(row.secrets)
        except ConfigurationError:
            return None

    @contextmanager
    def tried(self, row: ConnectionRow) -> Iterator[tuple[Connector, Connection]]:
        """The connection a row describes, opened anew for one look and closed afterwards.

        Raises:
            UnknownName, ConfigurationError: see ``get``.
        """
        connector = self.connector(row.connector)
        connection = self._connect(connector, row)
        try:
            yield connector, connection
        finally:
            connection.http.close()

    def close(self) -> None:
        for _, _, connection in self._open.values():
            connection.http.close()

    def _opened(self, name: str, row: ConnectionRow | None) -> tuple[Connector, Connection]:
        if row is None:
            raise UnknownName(
                f"There is no connection named {name!r}.", instead="Pick one that `inlay connectors` lists."
            )
        with self._lock:
            known = self._open.get(name)
            if known is None or known[0] != row.updated_at:
                connector = self.connector(row.connector)
                self._open[name] = known = (row.updated_at, connector, self._connect(connector, row))
        return known[1], known[2]

    def _lent(self, tx: Tx, name: str, person: str | None) -> str | None:
        return permits.get(tx, name, runs.one_spelling(person) or "", self._clock()) if person else None

    def connector(self, name: str) -> Connector:
        """An installed connector.

        Raises:
            UnknownName: none of this name is installed.
        """
        connector = self._connectors.get(name)
        if connector is None:
            known = ", ".join(sorted(self._connectors)) or "none"
            raise UnknownName(f"No connector named {name!r} is installed.", instead=f"Installed are: {known}.")
        return connector

    def _connect(self, connector: Connector, row: ConnectionRow) -> Connection:
        try:
            settings = connector.settings.model_validate({**row.settings, **self._vault.open(row.secrets)})
        except ValidationError as error:
            names = ", ".join(".".join(map(str, e["loc"])) for e in error.errors(include_input=False))
            raise ConfigurationError(f"The stored settings of {row.name} cannot be used any more: {names}.") from None
        http = GuardedHttp(settings.hosts(), loopback_only=row.sandbox)
        return Connection(name=row.name, settings=settings, http=http, sandbox=row.sandbox)


def _as(
    opened: tuple[Connector, Connection], person: str | None, lent: Mapping[str, Secret]
) -> tuple[Connector, Connection]:
    """The connection as this person works on it: with their token, and counted as an account of its own."""
    if not person or "token" not in lent:
        return opened
    account = hashlib.sha256((runs.one_spelling(person) or "").encode()).hexdigest()[:16]
    return opened[0], replace(opened[1], token=lent["token"], account=account)
