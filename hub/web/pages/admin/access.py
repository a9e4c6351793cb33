"""Who gets to which admin page: every one is an admin's, but those that say they are for leads too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import current_app, flash, request

from hub.bootstrap import Hub
from hub.domain import Role
from hub.errors import InlayError, InvalidInputs, NotAllowed, UnknownName
from hub.store import teams
from hub.store.teams import Team
from hub.web.auth import Identity, need_admin, whoever

View = TypeVar("View", bound=Callable[..., Any])


def for_leads(view: View) -> View:
    """Mark a page that leads see too, each for their own teams."""
    view.inlay_for_leads = True  # type: ignore[attr-defined]
    return view


def guard() -> None:
    """
    Raises:
        NotAllowed: the page is for admins, or for leads too, and they are neither.
    """
    identity = whoever()
    if getattr(current_app.view_functions[request.endpoint or ""], "inlay_for_leads", False):
        if not leads_any(identity):
            raise NotAllowed("This is for leads and admins.", instead="Ask a lead of your team.")
    else:
        need_admin(identity)


def leads_any(identity: Identity) -> bool:
    return identity.is_admin or Role.LEAD in identity.roles.values()


def led_teams(identity: Identity) -> list[str] | None:
    """The teams they lead; None for an admin, who reaches all."""
    return None if identity.is_admin else [team for team, role in identity.roles.items() if role is Role.LEAD]


def their_teams(hub: Hub, identity: Identity) -> list[Team]:
    """The teams they look after."""
    with hub.database.reading() as tx:
        return [team for team in teams.every(tx) if identity.leads(team.id)]


def team_of(hub: Hub, identity: Identity, team_id: str) -> Team:
    """
    Raises:
        UnknownName: there is no such team among theirs.
    """
    found = next((team for team in their_teams(hub, identity) if team.id == team_id), None)
    if found is None:
        raise UnknownName("There is no team of this name among yours.")
    return found


def tell(error: InlayError) -> None:
    """Say on the next page what went wrong and what to do."""
    fields = tuple(error.fields.values()) if isinstance(error, InvalidInputs) else ()
    flash(" ".join(part for part in (error.what, error.why, *fields, error.instead) if part), "error")
