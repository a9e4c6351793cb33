"""A provider's word that is not right proves nobody: forged, stale, for somebody else, or from another host."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from hub.accounts.oidc import Begun, Provider
from hub.errors import BadRequest, InlayError, Unavailable, Unverified, VendorRefused
from hub.settings import load

KEY = RSAKey.generate_key(2048, {"kid": "one"}, private=True)
OTHER = RSAKey.generate_key(2048, {"kid": "one"}, private=True)
NEW = ECKey.generate_key("P-256", {"kid": "two"}, private=True)


class Impostor(ThreadingHTTPServer):
    """A provider that answers whatever a test wants; ``asked`` holds the paths that were called."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.says: dict[str, Any] = {}
        self.asked: list[str] = []
        self.publishes()

    def publishes(self, *keys: Any, **more: str) -> None:
        self.says["/.well-known/openid-configuration"] = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            **more,
        }
        self.says["/keys"] = {"keys": [key.as_dict(private=False) for key in keys or (KEY,)]}

    def gives(self, token: str, **more: Any) -> None:
        self.says["/token"] = {"id_token": token, "access_token": "lent", "token_type": "Bearer", **more}


class _Answers(BaseHTTPRequestHandler):
    server: Impostor

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("content-length") or 0))
        self.server.asked.append(self.path)
        said = self.server.says.get(self.path)
        if isinstance(said, str):
            self.send_response(302)
            self.send_header("location", said)
            self.end_headers()
            return
        body = json.dumps(said).encode()
        self.send_response(200 if said is not None else 404)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def impostor() -> Iterator[Impostor]:
    server = Impostor()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.fixture
def tick() -> list[float]:
    return [0.0]


@pytest.fixture
def provider(impostor: Impostor, tick: list[float]) -> Iterator[Provider]:
    settings = load(oidc_issuer=impostor.url, oidc_client_id="inlay", oidc_client_secret="s")
    made = Provider(settings, "http://hub/back", time.time, lambda: tick[0])
    yield made
    made.close()


@pytest.fixture
def token(impostor: Impostor) -> Callable[..., str]:
    def make(begun: Begun, key: Any = KEY, alg: str = "RS256", **other: Any) -> str:
        now = int(time.time())
        claims = {"iss": impostor.url, "aud": "inlay", "sub": "u1", "iat": now, "exp": now + 300, "nonce": begun.nonce}
        claims = {name: value for name, value in {**claims, **other}.items() if value is not None}
        return jwt.encode({"alg": alg, "kid": key.kid or "one"}, claims, key, algorithms=[alg])

    return make


def finish(provider: Provider, begun: Begun) -> Any:
    return provider.finish("a-code", nonce=begun.nonce, verifier=begun.verifier)


def test_what_is_right_proves_somebody(impostor: Impostor, provider: Provider, token: Callable[..., str]) -> None:
    begun = provider.begin()
    impostor.gives(token(begun, email="a@example.com", groups=["A", 7, "B"]))
    claims = finish(provider, begun)
    assert (claims["sub"], claims["email"], provider.groups_of(claims)) == ("u1", "a@example.com", ["A", "B"])


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://evil.example"},
        {"aud": "another-app"},
        {"aud": ["inlay", "another-app"], "azp": "another-app"},
        {"exp": int(time.time()) - 3600},
        {"exp": None},
        {"iat": int(time.time()) + 3600},
        {"nonce": "of-another-sign-in"},
        {"nonce": None},
        {"sub": None},
        {"sub": ""},
        {"at_hash": "bm90LXRoZS1oYXNo"},
        {"key": OTHER},
        {"key": OctKey.import_key("s" * 32), "alg": "HS256"},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_what_is_not_right_proves_nobody(
    impostor: Impostor, provider: Provider, token: Callable[..., str], wrong: dict[str, Any]
) -> None:
    begun = provider.begin()
    impostor.gives(token(begun, **wrong))
    with pytest.raises(Unverified):
        finish(provider, begun)


@pytest.mark.parametrize("text", ["", "no token", "a.b.c", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1MSJ9.", "é.é.é"])
def test_what_is_no_signed_token_proves_nobody(impostor: Impostor, provider: Provider, text: str) -> None:
    begun = provider.begin()
    impostor.gives(text)
    with pytest.raises(Unverified):
        finish(provider, begun)


def test_new_keys_are_found_and_forged_tokens_do_not_make_the_hub_call_for_each(
    impostor: Impostor, provider: Provider, token: Callable[..., str], tick: list[float]
) -> None:
    begun = provider.begin()
    impostor.gives(token(begun))
    finish(provider, begun)
    impostor.publishes(NEW)
    tick[0] += 60
    impostor.gives(token(begun, key=NEW, alg="ES256"))
    assert finish(provider, begun)["sub"] == "u1"
    impostor.gives(token(begun, key=OTHER))
    for _ in range(5):
        with pytest.raises(Unverified):
            finish(provider, begun)
    assert impostor.asked.count("/keys") == 2


def test_only_the_issuers_own_host_is_called_and_no_redirect_followed(
    impostor: Impostor, provider: Provider, token: Callable[..., str]
) -> None:
    begun = provider.begin()
    impostor.gives(token(begun))
    for keys, error in (("http://127.0.0.1:9/keys", BadRequest), ("http://127.0.0.2/keys", BadRequest)):
        other = Provider(
            load(oidc_issuer=impostor.url, oidc_client_id="inlay"), "http://hub/back", time.time, lambda: 0.0
        )
        impostor.publishes(jwks_uri=keys)
        with pytest.raises(error, match="does not call"):
            finish(other, begun)
        other.close()
    impostor.publishes()
    impostor.says["/keys"] = f"{impostor.url}/elsewhere"
    with pytest.raises(VendorRefused, match="redirect"):
        finish(provider, begun)
    assert "/elsewhere" not in impostor.asked


def test_a_provider_of_another_name_or_without_its_addresses_is_none(impostor: Impostor, provider: Provider) -> None:
    impostor.publishes(issuer="https://evil.example")
    with pytest.raises(Unverified, match="another name"):
        provider.begin()
    impostor.publishes(authorization_endpoint="javascript:alert(1)")
    with pytest.raises(Unavailable, match="publishes no authorization_endpoint"):
        provider.begin()
    impostor.says.clear()
    other = Provider(load(oidc_issuer=impostor.url, oidc_client_id="x"), "http://hub/back", time.time, lambda: 0.0)
    with pytest.raises(InlayError):
        other.begin()
    other.close()


def test_what_userinfo_tells_of_somebody_else_is_not_believed(
    impostor: Impostor, provider: Provider, token: Callable[..., str]
) -> None:
    impostor.publishes(userinfo_endpoint=f"{impostor.url}/userinfo")
    begun = provider.begin()
    impostor.gives(token(begun, email_verified=False))
    impostor.says["/userinfo"] = {"sub": "u2", "email": "a@example.com", "groups": ["Admins"]}
    assert "email" not in finish(provider, begun)
    impostor.says["/userinfo"] = {"sub": "u1", "email": "a@example.com", "email_verified": True, "groups": ["A"]}
    claims = finish(provider, begun)
    assert (claims["email"], claims["email_verified"], provider.groups_of(claims)) == ("a@example.com", False, ["A"])
