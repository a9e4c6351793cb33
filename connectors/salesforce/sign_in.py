"""Signs in to the org as the integration user, one thread at a time, and says what is wrong where it may not."""

from __future__ import annotations

import json
import re
import threading
from typing import Any, NamedTuple

from connectors.salesforce.settings import SalesforceSettings
from connectors.salesforce.transport import SIGNING_IN, Call, Door, Session
from hub.sdk import InlayError, NeedsPermission, RateLimited, Reply, Secret, Unavailable

ADMIN = "a Salesforce admin"


class Signed(NamedTuple):
    """A session of the org's: its access token, and which sign-in it came from."""

    token: Secret
    number: int


class SignIn:
    """The connection's session. Threads that find it ended at the same time cause one new sign-in between them."""

    def __init__(self, settings: SalesforceSettings, door: Door) -> None:
        self._settings = settings
        self._door = door
        self._lock = threading.Lock()
        self._session: Signed | None = None
        self._made = 0
        self._failed = 0
        self._failure: InlayError | None = None

    def session(self, ended: Signed | None = None) -> Signed:
        """The session; a new one if there is none, or if it is the one that ``ended``.

        Raises:
            NeedsPermission, RateLimited, Unavailable.
        """
        failed = self._failed
        with self._lock:
            if self._session is not None and (ended is None or ended.number != self._session.number):
                return self._session
            if self._failure is not None and self._failed != failed:
                raise self._failure  # Somebody tried in vain while this thread waited for its turn.
            try:
                self._session, self._failure = Signed(self._fetch(), self._made + 1), None
            except InlayError as error:
                self._session, self._failure = None, error
                self._failed += 1
                raise
            self._made += 1
            return self._session

    def _fetch(self) -> Secret:
        """simple_salesforce signs the assertion and calls the org's own host.

        The instance its answer names is not used: the token goes to the host the settings name and nowhere else.
        """
        from simple_salesforce.login import SalesforceLogin

        settings = self._settings
        label = settings.domain.removesuffix(".salesforce.com")
        if settings.private_key:
            audience = settings.login_audience.removeprefix("https://").removesuffix(".salesforce.com")
            way: dict[str, Any] = {
                "username": settings.username,
                "privatekey": settings.private_key.reveal(),
                "domain": audience,
                "instance_url": label,
            }
        else:
            secret = settings.consumer_secret
            way = {"consumer_secret": secret.reveal() if secret else "", "domain": label}
        http: Any = Session(self._answer)
        token, _ = SalesforceLogin(session=http, consumer_key=settings.consumer_key, **way)
        return Secret(token)

    def _answer(self, call: Call) -> Reply:
        """Errors are told apart here, before simple_salesforce sees them: it prints the consumer key in a warning."""
        reply = self._door.call(call, SIGNING_IN)
        told = _told(reply)
        if reply.status != 200:
            raise _refusal(reply.status, told, jwt=bool(self._settings.private_key))
        token = told.get("access_token")
        if not isinstance(token, str) or not re.fullmatch(r"[!-~]{1,5000}", token):
            raise Unavailable("Salesforce answered the sign-in with something that is no token.")
        clean = json.dumps({"access_token": token, "instance_url": f"https://{self._settings.domain}"}).encode()
        return Reply(200, {"content-type": "application/json"}, clean)


def _told(reply: Reply) -> dict[str, Any]:
    try:
        told = json.loads(reply.body)
    except ValueError:
        told = None
    return told if isinstance(told, dict) else {}


def _refusal(status: int, told: dict[str, Any], *, jwt: bool) -> InlayError:
    code, text = str(told.get("error") or ""), str(told.get("error_description") or "").lower()
    if not code or status >= 500:
        return Unavailable(f"Salesforce's sign-in has a failure of its own ({status}).")
    if status == 429 or "rate exceeded" in text:
        return RateLimited("Salesforce limits how often this user signs in.", after=300.0)
    for marks, what, fix, who in _REASONS:
        if any(mark in code.lower() or mark in text for mark in marks):
            return NeedsPermission(what, instead=fix, who=who)
    if code == "invalid_grant" and jwt:
        return NeedsPermission(_KEY.what, instead=_KEY.fix, who=_KEY.who)
    return NeedsPermission(
        "Salesforce does not accept the sign-in of this connection.",
        instead="Compare the External Client App with the connector's guide: key, secret, flow and user.",
        who=ADMIN,
    )


class _Reason(NamedTuple):
    marks: tuple[str, ...]
    what: str
    fix: str
    who: str


# Salesforce documents few of these descriptions (help: remoteaccess_oauth_flow_errors); the others are as users and
# integrations report them. An unknown one of a JWT sign-in means the signature in most cases.
_KEY = _Reason(
    ("invalid assertion", "invalid signature", "signature"),
    "Salesforce does not accept the signature of the sign-in.",
    "The private key does not belong to the certificate in the External Client App: upload the certificate made with "
    "this key, or paste the key that belongs to it into the settings.",
    "an admin",
)
_REASONS = (
    _Reason(
        ("hasn't approved", "has not approved", "not admin approved", "invalid_app_access"),
        "The integration user may not use the External Client App.",
        "Set the app's policy to 'Admin approved users are pre-authorized', and assign the permission set named there "
        "to the integration user.",
        ADMIN,
    ),
    _Reason(
        ("audience",),
        "Salesforce does not accept the audience of the sign-in.",
        "Change login_audience in the settings: https://test.salesforce.com for a sandbox or scratch org, "
        "https://login.salesforce.com for any other.",
        "an admin",
    ),
    _Reason(
        ("app is blocked", "oauth_app_blocked", "oauth_app_access_denied", "ec_app_not_found", "app must be installed"),
        "The External Client App is blocked or not installed in the org.",
        "Unblock or install it in Setup, Connected Apps OAuth Usage or External Client App Manager.",
        ADMIN,
    ),
    _Reason(
        ("inactive user", "user is inactive", "user is locked", "frozen"),
        "The integration user is inactive, frozen or locked.",
        "Activate, unfreeze or unlock the user in Setup, Users.",
        ADMIN,
    ),
    _Reason(("inactive org", "organization"), "The org is inactive.", "Ask Salesforce to activate the org.", ADMIN),
    _Reason(
        ("ip restricted", "ip address"),
        "Salesforce does not let the integration user in from this network.",
        "Add the hub's network address to the user's login IP ranges, or relax the app's IP restrictions.",
        ADMIN,
    ),
    _Reason(
        ("client identifier", "invalid_client_id"),
        "Salesforce does not know the consumer key.",
        "Copy the consumer key from the External Client App into the settings; a new app takes some minutes to work.",
        "an admin",
    ),
    _Reason(
        ("invalid client credentials", "invalid_client"),
        "Salesforce does not accept the consumer secret.",
        "Copy the consumer secret from the External Client App into the settings: it was changed.",
        "an admin",
    ),
    _Reason(
        ("client credentials user", "credentials flow"),
        "The External Client App has no user to run as.",
        "Enable the client credentials flow in the app's policies and name the integration user under 'Run As'.",
        ADMIN,
    ),
    _Reason(
        ("not supported on this domain",),
        "Salesforce signs this app in at another host.",
        "Write the org's My Domain host into the setting domain.",
        "an admin",
    ),
    _Reason(
        ("unsupported_grant_type", "grant type not supported"),
        "The External Client App does not allow this way of signing in.",
        "Enable the JWT bearer flow (with private_key) or the client credentials flow (with consumer_secret) in the "
        "app's settings.",
        ADMIN,
    ),
    _Reason(
        ("expired",),
        "Salesforce found the sign-in too old.",
        "Switch on time synchronisation (NTP) on the machine that runs Inlay.",
        "an admin",
    ),
    _KEY,
)
