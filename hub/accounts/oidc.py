"""The provider of single sign-on (OpenID Connect): where a browser is sent, and what its code proves.

Only the issuer's own host, and those an admin names beside it, are called: through the guarded client, with timeouts,
without redirects. Authlib's HTTP clients would follow redirects and the environment's proxies, so that only its rules
for tokens are used here, and joserfc's for signatures.
"""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

from hub.errors import ConfigurationError, InlayError, Unavailable, Unverified
from hub.sdk import GuardedHttp
from hub.settings import Settings

#: Signatures that a public key verifies. One made with a shared secret, or none, proves nothing here.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
#: Seconds two clocks may differ, that what the provider publishes is kept, and between two looks for a new key.
LEEWAY, KEPT, AGAIN = 60, 3600.0, 10.0
_ADMIN = "an admin"


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that was begun: where the browser goes, and what it has to come back with."""

    url: str
    state: str
    nonce: str
    verifier: str


class Provider:
    """One per process, for the provider the settings name.

    Args:
        redirect: the address of this hub the provider sends browsers back to.
        tick: seconds of a clock that never goes back.
    """

    def __init__(
        self, settings: Settings, redirect: str, clock: Callable[[], float], tick: Callable[[], float] = time.monotonic
    ) -> None:
        parts = urlsplit(settings.oidc_issuer)
        if not parts.hostname or not settings.oidc_client_id:
            raise ConfigurationError("INLAY_OIDC_ISSUER is an address of a provider, and needs INLAY_OIDC_CLIENT_ID.")
        self._issuer, self._redirect = settings.oidc_issuer, redirect
        self._id, self._secret = settings.oidc_client_id, settings.oidc_client_secret
        self._scopes, self._groups = settings.oidc_scopes, settings.oidc_groups_claim
        self._http = GuardedHttp([parts.netloc, *settings.oidc_hosts], timeout=5.0, max_bytes=1_000_000, attempts=2)
        self._clock, self._tick = clock, tick
        self._lock = threading.Lock()
        self._published: dict[str, tuple[float, Any]] = {}

    def begin(self) -> Begun:
        """A new sign-in.

        Raises:
            InlayError: the provider cannot be reached, or does not publish what it has to.
        """
        from authlib.oauth2.rfc7636 import create_s256_code_challenge

        begun = [secrets.token_urlsafe(32) for _ in range(3)]
        state, nonce, verifier = begun
        there = self._endpoint("authorization_endpoint")
        asked = {
            "response_type": "code",
            "client_id": self._id,
            "redirect_uri": self._redirect,
            "scope": self._scopes,
            "state": state,
            "nonce": nonce,
            "code_challenge": create_s256_code_challenge(verifier),
            "code_challenge_method": "S256",
        }
        return Begun(f"{there}{'&' if urlsplit(there).query else '?'}{urlencode(asked)}", state, nonce, verifier)

    def finish(self, code: str, *, nonce: str, verifier: str) -> Mapping[str, Any]:
        """What the provider says of whoever brought this code.

        Raises:
            Unverified: the code or what it was exchanged for proves nothing.
            InlayError: the provider cannot be reached.
        """
        tokens = self._exchange(code, verifier)
        claims = self._proven(tokens, nonce)
        if not {"email", self._groups} <= claims.keys() and self._metadata().get("userinfo_endpoint"):
            more = self._asked(str(tokens.get("access_token", "")))
            if more.get("sub") == claims["sub"]:
                # What was signed counts before what was told.
                claims = {**more, **claims}
        return claims

    def groups_of(self, claims: Mapping[str, Any]) -> list[str]:
        """The groups the provider names; none where it sends none, or something that is no list of names."""
        named = claims.get(self._groups)
        named = [named] if isinstance(named, str) else named
        return [one for one in named if isinstance(one, str)] if isinstance(named, list) else []

    def close(self) -> None:
        self._http.close()

    def _exchange(self, code: str, verifier: str) -> Mapping[str, Any]:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": self._redirect}
        form["code_verifier"] = verifier
        headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
        ways = self._metadata().get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        if self._secret and "client_secret_basic" in ways:
            # RFC 6749 section 2.3.1: both are form-encoded before they are put together.
            pair = f"{quote_plus(self._id)}:{quote_plus(self._secret.reveal())}"
            headers["authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        else:
            form["client_id"] = self._id
            if self._secret:
                form["client_secret"] = self._secret.reveal()
        answer = self._http.request("POST", self._endpoint("token_endpoint"), headers=headers, body=urlencode(form))
        found = answer.json() if answer.status == 200 else None
        if not isinstance(found, dict) or not isinstance(found.get("id_token"), str):
            raise _unproven("The provider did not take the code back.")
        return found

    def _proven(self, tokens: Mapping[str, Any], nonce: str) -> dict[str, Any]:
        from authlib.oidc.core import CodeIDToken
        from joserfc import errors, jwt

        token = tokens["id_token"]
        try:
            try:
                made = jwt.decode(token, self._keys(), algorithms=ALGORITHMS)
            except (errors.InvalidKeyIdError, errors.BadSignatureError, ValueError):
                # The provider may have changed its keys since they were read.
                made = jwt.decode(token, self._keys(anew=True), algorithms=ALGORITHMS)
            wanted = {"iss": {"essential": True, "value": self._issuer}, "aud": {"essential": True, "value": self._id}}
            params = {"nonce": nonce, "client_id": self._id, "access_token": tokens.get("access_token")}
            CodeIDToken(made.claims, made.header, wanted, params).validate(now=int(self._clock()), leeway=LEEWAY)
        except InlayError:
            raise
        except Exception as error:
            # Whatever a stranger's token makes a library raise, it proves nothing.
            raise _unproven(f"What the provider sent proves nobody ({type(error).__name__}).") from None
        claims = dict(made.claims)
        if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
            raise _unproven("What the provider sent belongs to another sign-in.")
        if not isinstance(claims.get("sub"), str) or not claims["sub"]:
            raise _unproven("What the provider sent names nobody.")
        return claims

    def _asked(self, access_token: str) -> Mapping[str, Any]:
        headers = {"authorization": f"Bearer {access_token}", "accept": "application/json"}
        answer = self._http.request("GET", self._endpoint("userinfo_endpoint"), headers=headers)
        found = answer.json() if answer.status == 200 else None
        return found if isinstance(found, dict) else {}

    def _metadata(self) -> Mapping[str, Any]:
        return self._read("metadata", lambda: f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")

    def _endpoint(self, name: str) -> str:
        found = self._metadata().get(name)
        if not isinstance(found, str) or not found.startswith(("https://", "http://")):
            raise Unavailable(f"The sign-in provider publishes no {name}.")
        return found

    def _keys(self, *, anew: bool = False) -> Any:
        from joserfc.jwk import KeySet

        return KeySet.import_key_set(self._read("keys", lambda: self._endpoint("jwks_uri"), anew=anew))

    def _read(self, name: str, address: Callable[[], str], *, anew: bool = False) -> Any:
        """Something the provider publishes, at most once in a while. ``anew`` asks for it again, but not all the time:
        forged tokens must not make the hub call the provider for each of them."""
        with self._lock:
            at, kept = self._published.get(name, (0.0, None))
        age = self._tick() - at
        if kept is not None and age < (AGAIN if anew else KEPT):
            return kept
        answer = self._http.request("GET", address(), headers={"accept": "application/json"})
        found = answer.json() if answer.status == 200 else None
        if not isinstance(found, dict):
            raise Unavailable(f"The sign-in provider answered {answer.status} where it publishes its {name}.")
        if name == "metadata" and found.get("issuer") != self._issuer:
            raise Unverified(
                "The sign-in provider goes by another name than INLAY_OIDC_ISSUER.",
                instead="Write the issuer there exactly as the provider publishes it.",
                who=_ADMIN,
            )
        with self._lock:
            self._published[name] = (self._tick(), found)
        return found


def _unproven(what: str) -> Unverified:
    return Unverified(what, instead="Sign in once more. If it stays, tell an admin what this says.", who="the asker")
