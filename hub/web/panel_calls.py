"""What a panel calls to be signed in: for a token, for a code its person types, and to leave. No cookie is read."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request

from hub.bootstrap import Hub
from hub.errors import Unverified
from hub.web.auth import bearer, public
from hub.web.pages.sign_in import Tries
from hub.web.panels import DEVICE, INTERVAL, TOKEN, Found, NotGranted, Panels

DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
#: New device codes one address may ask for in a minute: a whole office may stand behind one.
_BEGUN = 60
_LONGEST = 2000


def blueprint(hub: Hub, panels: Panels) -> Blueprint:
    """Under ``/connect/<connector>/<connection>/panel``: ``token``, ``device`` and ``leave``."""
    calls = Blueprint("panel_calls", __name__, url_prefix="/connect/<connector>/<connection>/panel")
    begun = Tries(_BEGUN)

    def found(connector: str, connection: str) -> Found:
        panel = panels.find(connector, connection, _sent("client_id"))
        if panel is None:
            raise NotGranted("invalid_client", "There is no such panel here.")
        return panel

    @calls.post("/token")
    @public
    def token(connector: str, connection: str) -> Response:
        panel, grant = found(connector, connection), _sent("grant_type")
        if grant == "authorization_code":
            given = panels.redeem(panel, _sent("code"), redirect=_sent("redirect_uri"), verifier=_sent("code_verifier"))
        elif grant == DEVICE_GRANT:
            given = panels.poll(panel, _sent("device_code"))
        else:
            raise NotGranted("unsupported_grant_type", "It takes authorization_code and device_code.")
        return jsonify(access_token=given, token_type="Bearer", expires_in=int(TOKEN))

    @calls.post("/device")
    @public
    def device(connector: str, connection: str) -> Response:
        panel = found(connector, connection)
        if panel.panel.redirects:
            raise NotGranted("unauthorized_client", "This panel signs in by a redirect.")
        begun.take(request.remote_addr or "")
        code, shown = panels.begin(panel)
        page = f"{hub.settings.url}/panel"
        return jsonify(
            device_code=code,
            user_code=shown,
            verification_uri=page,
            verification_uri_complete=f"{page}?code={shown}",
            expires_in=int(DEVICE),
            interval=INTERVAL,
        )

    @calls.post("/leave")
    @public
    def leave(connector: str, connection: str) -> Response:
        if not panels.leave(bearer()):
            raise Unverified("This panel is not signed in.")
        return jsonify({})

    @calls.errorhandler(NotGranted)
    def refused(error: NotGranted) -> tuple[Response, int]:
        told: dict[str, Any] = {"error": error.code, "error_description": error.why}
        return jsonify(told), 401 if error.code == "invalid_client" else 400

    return calls


def _sent(name: str) -> str:
    """A value of the form, which RFC 6749 wants at most once. Nothing is read from the address: addresses are logged.

    Raises:
        NotGranted: it came twice, or is longer than anything of ours.
    """
    values = request.form.getlist(name)
    if len(values) > 1 or any(len(value) > _LONGEST for value in values):
        raise NotGranted("invalid_request", f"{name} may be sent once.")
    return values[0] if values else ""
