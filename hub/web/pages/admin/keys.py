"""The API keys: who holds which, making one, stopping one."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hub.accounts import keys as made
from hub.bootstrap import Hub
from hub.domain import Role
from hub.errors import InlayError
from hub.store import teams
from hub.web.auth import whoever
from hub.web.pages.admin import once
from hub.web.pages.admin.access import tell


def add(page: Blueprint, hub: Hub) -> None:
    """Add the list, and what it does."""

    @page.get("/admin/keys")
    def keys() -> str:
        with hub.database.reading() as tx:
            found, all_teams = teams.made_keys(tx), teams.every(tx)
            people = {email: name for email, name, _, _ in teams.people(tx)}
        return render_template(
            "admin/keys.html",
            in_use=[one for one in found if one.revoked_at is None],
            revoked=[one for one in found if one.revoked_at is not None][:20],
            teams=all_teams,
            people=people,
            roles=list(Role),
        )

    @page.post("/admin/keys")
    def make_key() -> Response:
        said = request.form
        email, name = said.get("email", "").strip() or None, " ".join(said.get("name", "").split())[:200]
        team = said.get("team", "")
        if not name:
            flash("Say what the key is for: whoever finds it in this list later asks nothing else.", "error")
            return redirect(url_for("admin.keys"), 303)
        try:
            role = Role(said.get("role", "")) if said.get("role") in list(Role) else Role.MEMBER
            key = made.make(
                hub.database,
                hub.parts.ledger,
                whoever().actor(),
                hub.parts.clock(),
                team=team,
                role=role,
                email=email,
                name=name.replace("\x00", ""),
            )
        except InlayError as error:
            tell(error)
            return redirect(url_for("admin.keys"), 303)
        of = f"{name or key.id}, {role.value} of {team}"
        return once.keep(hub, kind="key", secret=key.key, of=of, until="", back=url_for("admin.keys"))

    @page.post("/admin/keys/<key_id>/revoke")
    def revoke_key(key_id: str) -> Response:
        try:
            made.revoke(hub.database, hub.parts.ledger, whoever().actor(), hub.parts.clock(), key_id)
            flash("The key is revoked: whoever holds it gets in no more.", "done")
        except InlayError as error:
            tell(error)
        return redirect(url_for("admin.keys"), 303)
