"""A person's account: what they may do where, their password and second step, where they are signed in."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from markupsafe import Markup
from pydantic_core import from_json, to_json
from werkzeug.wrappers import Response

from hub.accounts import own, second_step
from hub.accounts.links import HOW as BY_LINK
from hub.accounts.single_sign_on import HOW as BY_PROVIDER
from hub.bootstrap import Hub
from hub.errors import ConfigurationError, InvalidInputs, NotAllowed
from hub.store import accounts, sessions, teams
from hub.store.accounts import Account
from hub.store.sessions import Session
from hub.web.auth import Identity, whoever
from hub.web.pages.sign_in import Tries, provider_alone


def blueprint(hub: Hub) -> Blueprint:
    page = Blueprint("account", __name__)
    tries = Tries()

    @page.get("/account")
    def show() -> str:
        return _page(hub)

    @page.post("/account/password")
    def change_password() -> Response | tuple[str, int]:
        identity, email, here = _me()
        said = request.form
        account = _account(hub, email)
        if account.password is None and not _by_link(here):
            raise NotAllowed(
                "You have no password here.", instead="An admin sends you a link to set one.", who="an admin"
            )
        tries.take(email)
        old = None if account.password is None else said.get("old", "")
        try:
            own.change_password(
                hub.parts,
                here,
                email,
                identity.name,
                old=old,
                new=said.get("password", ""),
                again=said.get("again", ""),
            )
        except InvalidInputs as error:
            return _page(hub, error.fields), 422
        flash("Your password is set. Wherever else you were signed in, you are not any more.", "done")
        return redirect(url_for("account.show"), 303)

    @page.get("/account/second-step")
    def second_step() -> str | Response:
        return _step_page(hub)

    @page.post("/account/second-step/<action>")
    def step(action: str) -> Response | tuple[str | Response, int]:
        _, email, here = _me()
        tries.take(email)
        try:
            if not own.is_fresh(hub.parts, here):
                own.confirm(hub.parts, email, request.form.get("old", ""))
            return _stepped(hub, action, email, here)
        except InvalidInputs as error:
            return _step_page(hub, error.fields), 422

    @page.get("/account/recovery-codes")
    def codes() -> str | Response:
        found = _unsealed(hub, session.pop("codes", None), "codes")
        if not found:
            return redirect(url_for("account.show"), 303)
        return render_template("recovery_codes.html", codes=from_json(found))

    @page.post("/account/sign-out-everywhere")
    def leave() -> Response:
        _, email, _ = _me()
        own.sign_out_everywhere(hub.parts, email)
        session.clear()
        flash("You are signed out everywhere.", "done")
        return redirect(url_for("sign_in.show"), 303)

    return page


def _stepped(hub: Hub, action: str, email: str, here: Session) -> Response:
    if action == "off":
        own.turn_off(hub.parts, email)
        flash("The second step is off. Your password alone signs you in.", "done")
        return redirect(url_for("account.show"), 303)
    if action == "codes":
        codes = own.new_codes(hub.parts, email)
    elif action == "on" and _account(hub, email).password is not None:
        seed = _unsealed(hub, session.get("seed"), "seed")
        codes = own.turn_on(hub.parts, hub.vault, here, email, seed, request.form.get("code", ""))
        session.pop("seed", None)
        flash("The second step is on: from now on your password and a code sign you in.", "done")
    else:
        raise NotAllowed("There is nothing to turn on here.", instead="Set a password first.")
    session["codes"] = hub.vault.seal({"codes": to_json(codes).decode()})
    return redirect(url_for("account.codes"), 303)


def _page(hub: Hub, wrong: dict[str, str] | None = None) -> str:
    identity, email, here = _me()
    now, idle = hub.parts.clock(), hub.settings.session_idle_hours * 3600
    with hub.database.reading() as tx:
        return render_template(
            "account.html",
            account=accounts.get(tx, email),
            codes_left=accounts.codes_left(tx, email),
            roles=[(team.title, identity.roles[team.id]) for team in teams.every(tx) if team.id in identity.roles],
            sessions=sessions.of_person(tx, email, now, idle),
            here=here,
            by_link=_by_link(here),
            provider=hub.settings.oidc_name if provider_alone(hub) else "",
            by_groups=here.how == BY_PROVIDER and bool(accounts.groups(tx)),
            lately=accounts.sign_ins_of(tx, email),
            wrong=wrong or {},
        )


def _step_page(hub: Hub, wrong: dict[str, str] | None = None) -> str | Response:
    _, email, here = _me()
    account = _account(hub, email)
    if account.password is None:
        flash("Set a password first: the second step stands behind it.", "error")
        return redirect(url_for("account.show"), 303)
    shown: dict[str, Any] = {"account": account, "fresh": own.is_fresh(hub.parts, here), "wrong": wrong or {}}
    if account.totp is None:
        seed = _unsealed(hub, session.get("seed"), "seed") or second_step.new_seed()
        session["seed"] = hub.vault.seal({"seed": seed})
        host = hub.settings.url.partition("://")[2]
        offer = second_step.offer(seed, email, host)
        shown |= {"spelled": offer.spelled, "picture": Markup(offer.picture)}
    return render_template("second_step.html", first="first" in request.args, **shown)


def _me() -> tuple[Identity, str, Session]:
    """Who is signed in, their address, and this browser's session."""
    identity = whoever()
    if identity.person is None or identity.session is None:
        raise NotAllowed("Only a person has an account.", instead="Sign in as a person.")
    return identity, identity.person, identity.session


def _account(hub: Hub, email: str) -> Account:
    with hub.database.reading() as tx:
        return accounts.get(tx, email)


def _by_link(here: Session) -> bool:
    return here.how in BY_LINK.values()


def _unsealed(hub: Hub, sealed: object, name: str) -> str:
    """What this browser keeps sealed between two pages; empty when it keeps nothing."""
    try:
        return hub.vault.open(sealed)[name].reveal() if isinstance(sealed, str) else ""
    except ConfigurationError:
        return ""
