"""What a hub.yaml says of signing in: which roles each group of the provider gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hub.accounts.record import as_roles
from hub.configure.changes import Change, change, unknown
from hub.configure.reading import Source
from hub.configure.standing import Standing
from hub.domain import Role
from hub.store import accounts


def sign_in_in(source: Source, now: Standing) -> Iterator[Change]:
    """One change for all groups: a group that is not named any more gives nothing any more.

    Raises:
        InvalidInputs: a group gives a role in a team there is not.
    """
    part = source.declared.sign_in
    if part is None:
        return
    known_teams = {*now.teams, *source.declared.teams}
    for group, roles in part.groups.items():
        for team in roles:
            if team not in known_teams:
                raise source.wrong((("sign_in", "groups", group, team), unknown("team", known_teams)))
    have, wanted = _named(now.groups), _named(part.groups)
    said = dict.fromkeys((*have, *wanted), _shown)
    yield change("sign-in by groups", have, wanted, lambda tx: accounts.put_groups(tx, part.groups), said)


def _named(groups: Mapping[str, Mapping[str, Role]]) -> dict[str, Mapping[str, Role]]:
    return {f"group {name}": dict(roles) for name, roles in groups.items()}


def _shown(roles: Mapping[str, Role]) -> str:
    return ", ".join(as_roles(roles)) or "nothing"
