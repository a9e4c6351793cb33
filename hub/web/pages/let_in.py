"""Letting a panel in: the person reads which panel asks and what it may do, and allows or refuses it."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from hub.bootstrap import Hub
from hub.errors import BadRequest, NotAllowed
from hub.web import headers
from hub.web.auth import whoever
from hub.web.pages.sign_in import Tries
from hub.web.panels import Found, Panels, is_challenge, plain

NAME = "let_in"
#: Codes one person may try in a minute.
_TRIED = 10
_LONGEST = 2000


def blueprint(hub: Hub, panels: Panels) -> Blueprint:
    page = Blueprint(NAME, __name__)
    tries = Tries(_TRIED)

    @page.route("/connect/<connector>/<connection>/authorize", methods=["GET", "POST"])
    def authorize(connector: str, connection: str) -> Response | str:
        found = panels.find(connector, connection, _asked("client_id"))
        there = _asked("redirect_uri")
        if found is None or there not in found.panel.redirects:
            # Who cannot be sent back is told here: to send a browser where a stranger says would help the stranger.
            raise BadRequest(
                "This sign-in was not started by a panel of this hub.",
                instead="Close this window and click Sign in again in the panel. If that does not help, an admin gives "
                "you the panel anew.",
            )
        headers.opened_from_elsewhere(there)
        if wrong := _wrong():
            return _back(there, error=wrong)
        person, teams = _person(panels, found)
        if request.method == "GET":
            return render_template("let_in.html", found=found, teams=teams, code="", where=urlsplit(there).netloc)
        if request.form.get("answer") != "allow":
            return _back(there, error="access_denied")
        return _back(there, code=panels.allow(found, person, redirect=there, challenge=_asked("code_challenge")))

    @page.get("/panel")
    def enter() -> str:
        if not request.args.get("code"):
            return render_template("panel_code.html", wrong="", code="")
        found = waiting(request.args["code"])
        if found is None:
            return render_template("panel_code.html", wrong=_NOT_WAITING, code=request.args["code"][:20])
        _, teams = _person(panels, found)
        code = plain(request.args["code"])
        return render_template("let_in.html", found=found, teams=teams, code=f"{code[:4]}-{code[4:]}", where="")

    @page.post("/panel")
    def answer() -> str | tuple[str, int]:
        code = request.form.get("code", "")
        found = waiting(code)
        if found is None:
            return render_template("panel_code.html", wrong=_NOT_WAITING, code=code[:20]), 400
        person, _ = _person(panels, found)
        allowed = request.form.get("answer") == "allow"
        if not panels.answer(code, person, allowed=allowed):
            return render_template("panel_code.html", wrong=_NOT_WAITING, code=code[:20]), 400
        return render_template("panel_done.html", found=found, allowed=allowed)

    def waiting(code: str) -> Found | None:
        tries.take(whoever().person or "")
        return panels.waiting(code)

    return page


_NOT_WAITING = "No panel waits with this code. Codes last ten minutes: look at the panel for the newest one."


def _person(panels: Panels, found: Found) -> tuple[str, list[str]]:
    """Who answers, and the titles of their teams that the panel will work for.

    Raises:
        NotAllowed: a program, a person no team of whom uses this connection, or who came by a key that does less than
            they may.
    """
    identity = whoever()
    person = identity.person
    if person is None:
        raise NotAllowed("Only a person can let a panel in.", instead="Sign in with a key made for you.")
    narrow = identity.key is not None and not identity.is_admin
    if narrow and dict(identity.roles) != dict(panels.roles_of(person)):
        raise NotAllowed(
            "The key you signed in with does less than you may, and a panel does all of it.",
            instead="Sign in without the key: with your password or through your organisation.",
        )
    teams = panels.teams_of(found.connection.name, person)
    if not teams:
        raise NotAllowed(
            "You are in no team that uses this connection.", instead="Ask a lead to add you to one.", who="a lead"
        )
    return person, teams


def _wrong() -> str:
    """What is wrong with a sign-in that a panel of ours began, in a word of RFC 6749 section 4.1.2.1."""
    if _asked("response_type") != "code":
        return "unsupported_response_type"
    # Whoever sends no method means S256 here, where RFC 7636 says plain: there is no plain, so nothing becomes weaker.
    # Adobe documents that a challenge is sent and not that its method is.
    if not is_challenge(_asked("code_challenge")) or _asked("code_challenge_method") not in ("", "S256"):
        return "invalid_request"
    return ""


def _asked(name: str) -> str:
    """A value of the address, also when the form is sent to it.

    Raises:
        BadRequest: it stands there twice, or is longer than anything a panel sends.
    """
    values = request.args.getlist(name)
    if len(values) > 1 or any(len(value) > _LONGEST for value in values):
        raise BadRequest("This sign-in cannot be read.", instead="Close this window and click Sign in again.")
    return values[0] if values else ""


def _back(there: str, **told: str) -> Response:
    """To the panel's own address, with the state it sent."""
    if state := _asked("state"):
        told["state"] = state
    return redirect(f"{there}?{urlencode(told)}", 303)
