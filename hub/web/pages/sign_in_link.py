"""Links that work once: looking at one uses nothing, its button does. They set a password or let the admin in."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hub.accounts import first, links
from hub.bootstrap import Hub
from hub.errors import InvalidInputs
from hub.store import accounts
from hub.store.links import Link, LinkKind
from hub.web.auth import public
from hub.web.pages.sign_in import Tries, provider_alone, through_provider, welcome


def blueprint(hub: Hub, tries: Tries) -> Blueprint:
    page = Blueprint("sign_in_link", __name__)

    @page.get("/sign-in/link/<secret>")
    @public
    def look(secret: str) -> str:
        return _page(hub, secret)

    @page.post("/sign-in/link/<secret>")
    @public
    def use(secret: str) -> Response | tuple[str, int]:
        tries.take(request.remote_addr or "")
        try:
            if _looked(hub, secret).kind is LinkKind.PRINTED:
                return _printed(hub, secret)
            return _password(hub, secret)
        except InvalidInputs as error:
            return _page(hub, secret, error.fields), 422

    return page


def _looked(hub: Hub, secret: str) -> Link:
    """A link that works here. The printed one is the way back when the provider is away."""
    found = links.look(hub.parts, secret)
    if found.kind is not LinkKind.PRINTED and provider_alone(hub):
        raise through_provider(hub)
    return found


def _printed(hub: Hub, secret: str) -> Response:
    said = request.form
    if links.admins(hub.parts):
        return welcome(links.enter_printed(hub.parts, secret, said.get("person", "")), url_for("home.show"))
    given = {name: said.get(name, "") for name in ("name", "email", "team")}
    token = first.begin(hub.parts, secret, **given)
    answer = welcome(token, url_for("account.show"))
    flash(
        "Welcome. You are the admin of this hub. Set a password here, so that you get in again without a link.", "done"
    )
    return answer


def _password(hub: Hub, secret: str) -> Response:
    token = links.set_password(hub.parts, secret, request.form.get("password", ""), request.form.get("again", ""))
    if token is None:
        flash("Your password is set. Sign in with it and a code.", "done")
        return redirect(url_for("sign_in.show"), 303)
    answer = welcome(token, url_for("account.second_step", first="yes"))
    flash("Your password is set, and you are signed in.", "done")
    return answer


def _page(hub: Hub, secret: str, wrong: dict[str, str] | None = None) -> str:
    found = _looked(hub, secret)
    shown = {"kind": found.kind.value, "secret": secret, "until": found.expires_at, "wrong": wrong or {}}
    if found.kind is LinkKind.PRINTED:
        return render_template("sign_in_link.html", admins=links.admins(hub.parts), said=request.form, **shown)
    with hub.database.reading() as tx:
        name = accounts.named(tx, found.email or "")
    return render_template("sign_in_link.html", name=name, email=found.email, **shown)
