"""Single sign-on: sends the browser to the organisation's provider, and takes it back with proof of who is there."""

from __future__ import annotations

import hmac
from functools import cache

from flask import Blueprint, redirect, request, session, url_for
from pydantic_core import to_json
from werkzeug.wrappers import Response

from hub.accounts import single_sign_on
from hub.accounts.oidc import Provider
from hub.bootstrap import Hub
from hub.errors import BadRequest, ConfigurationError, NotAllowed, UnknownName
from hub.web.auth import public
from hub.web.pages.sign_in import Tries, is_inside, wanted, welcome

#: Seconds a person may take at the provider.
_PATIENCE = 600.0
_BEGUN = "begun"


def blueprint(hub: Hub, tries: Tries) -> Blueprint:
    page = Blueprint("single_sign_on", __name__)

    @cache
    def provider() -> Provider:
        # Made when the first person signs in: what it needs would slow down every start.
        return Provider(hub.settings, f"{hub.settings.url}/sign-in/provider/back", hub.parts.clock)

    def its() -> Provider:
        if not hub.settings.oidc_issuer:
            raise UnknownName("This hub has no provider to sign in with.", instead="Sign in with your password.")
        return provider()

    @page.get("/sign-in/provider")
    @public
    def begin() -> Response:
        tries.take(request.remote_addr or "")
        begun = its().begin()
        kept = {"state": begun.state, "nonce": begun.nonce, "verifier": begun.verifier, "next": wanted()}
        until = hub.parts.clock() + _PATIENCE
        # Sealed: a cookie is signed, and whoever finds one in a backup can still read it.
        session[_BEGUN] = hub.vault.seal({**kept, "until": to_json(until).decode()})
        return redirect(begun.url, 303)

    @page.get("/sign-in/provider/back")
    @public
    def back() -> Response:
        tries.take(request.remote_addr or "")
        its()
        kept = _kept(hub, session.pop(_BEGUN, None))
        if not hmac.compare_digest(request.args.get("state", "").encode(), kept["state"].encode()):
            raise _lost()
        if request.args.get("error") or not request.args.get("code"):
            raise NotAllowed(
                "The provider did not let you in.", instead="Sign in once more, or ask who looks after it."
            )
        claims = its().finish(request.args["code"], nonce=kept["nonce"], verifier=kept["verifier"])
        token = single_sign_on.enter(hub.parts, claims, its().groups_of(claims))
        return welcome(token, kept["next"] if is_inside(kept["next"]) else url_for("home.show"))

    return page


def _kept(hub: Hub, sealed: object) -> dict[str, str]:
    """What this browser set out with.

    Raises:
        BadRequest: it did not set out from here, or too long ago.
    """
    try:
        opened = hub.vault.open(sealed) if isinstance(sealed, str) else {}
    except ConfigurationError:
        opened = {}
    kept = {name: value.reveal() for name, value in opened.items()}
    if not kept or float(kept["until"]) <= hub.parts.clock():
        raise _lost()
    return kept


def _lost() -> BadRequest:
    return BadRequest(
        "This sign-in was not begun in this browser, or took longer than ten minutes.",
        instead="Go to the sign-in page and begin once more.",
    )
