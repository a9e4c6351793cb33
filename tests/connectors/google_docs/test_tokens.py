"""Identity tokens: whom Google has signed for gets in, and nobody else, by keys of the tests' own."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from connectors.google_docs.connector import GoogleDocs
from connectors.google_docs.settings import GoogleDocsSettings
from hub.sdk import ConfigurationError, Connection, GuardedHttp, Inbound, Unavailable, Unverified, Visit
from tests.connectors.google_docs.signing import (
    ADDRESS,
    PERSON,
    SIDEBAR_CLIENT,
    Signer,
    a_signer,
    part,
)

NOW = 1_790_000_000


class Door:
    """A connection that knows the signer's keys; asks who is there."""

    def __init__(self, signer: Signer, **settings: Any) -> None:
        self.signer = signer
        self.now: float = NOW
        filled = GoogleDocsSettings(**signer.settings(**settings))
        self.connection = Connection(name="docs", settings=filled, http=GuardedHttp(filled.hosts(), timeout=2.0))

    def sidebar(self, token: str | None, path: str = "sidebar/runs") -> Visit:
        return self._ask(path, {"authorization": f"Bearer {token}"} if token is not None else {}, b"{}")

    def cards(self, system: str | None = None, user: str | None = "", **sent: Any) -> Visit:
        """A call to a card; without arguments one that is as it should be."""
        system = self.signer.system(now=self.now) if system is None else system
        user = self.signer.user(now=self.now) if user == "" else user
        event = {"authorizationEventObject": {**({"userIdToken": user} if user else {}), **sent}}
        return self._ask("cards/home", {"authorization": f"Bearer {system}"}, json.dumps(event).encode())

    def _ask(self, path: str, headers: dict[str, str], body: bytes) -> Visit:
        request = Inbound(method="POST", path=f"/connect/google_docs/docs/{path}", headers=headers, query={}, body=body)
        return GoogleDocs().identify(self.connection, request, lambda: self.now)

    def refuses(self, why: str, ask: Any) -> None:
        with pytest.raises(Unverified) as refused:
            ask()
        assert refused.value.why == why
        assert refused.value.what == "The request does not prove who sent it."
        assert refused.value.instead == ""


@pytest.fixture
def signer() -> Iterator[Signer]:
    with a_signer() as one:
        yield one


@pytest.fixture
def door(signer: Signer) -> Door:
    return Door(signer)


def test_the_sidebar_is_let_in_by_the_identity_token_of_its_script(door: Door) -> None:
    visit = door.sidebar(door.signer.sidebar(now=NOW))
    assert (visit.person, visit.token) == (PERSON, None)


@pytest.mark.parametrize("issuer", ["accounts.google.com", "https://accounts.google.com"])
def test_google_names_itself_in_two_ways(door: Door, issuer: str) -> None:
    assert door.sidebar(door.signer.sidebar(now=NOW, iss=issuer)).person == PERSON


def test_a_card_is_let_in_by_googles_service_and_names_the_person_and_lends_their_token(door: Door) -> None:
    visit = door.cards(userOAuthToken="ya29.lent")
    assert visit.person == PERSON
    assert visit.token is not None
    assert visit.token.reveal() == "ya29.lent"
    assert visit.expires_at == NOW + 3000
    assert "ya29" not in repr(visit)


def test_a_card_without_a_lent_token_names_the_person_all_the_same(door: Door) -> None:
    assert door.cards() == Visit(person=PERSON)
    assert door.cards(userOAuthToken=7).token is None


def test_the_token_may_be_meant_for_any_card_of_the_configured_address_or_the_address(door: Door) -> None:
    for view in ("run", "refresh", "file-scope-granted"):
        assert door.cards(door.signer.system(view, now=NOW)).person == PERSON
    assert door.cards(door.signer.system(now=NOW, aud=ADDRESS)).person == PERSON


#: What is wrong with a token, and what the log says of it.
WRONG: list[tuple[str, dict[str, Any]]] = [
    ("audience", {"aud": "somebody-else.apps.googleusercontent.com"}),
    ("audience", {"aud": [SIDEBAR_CLIENT]}),
    ("audience", {"aud": None}),
    ("issuer", {"iss": "https://accounts.example.com"}),
    ("issuer", {"iss": None}),
    ("issuer", {"iss": ["https://accounts.google.com"]}),
    ("expired", {"iat": NOW - 4000, "exp": NOW - 31}),
    ("not_yet_valid", {"iat": NOW + 31}),
    ("not_yet_valid", {"nbf": NOW + 31}),
    ("times", {"exp": None}),
    ("times", {"iat": None}),
    ("times", {"exp": "never"}),
    ("times", {"exp": True}),
    ("times", {"exp": float("nan")}),
    ("email_verified", {"email_verified": False}),
    ("email_verified", {"email_verified": "true"}),
    ("email_verified", {"email_verified": None}),
    ("email_verified", {"email": None}),
    ("email_verified", {"email": ["mara@example.com"]}),
    ("email_verified", {"email": "mara"}),
]


@pytest.mark.parametrize(("why", "claims"), WRONG)
def test_a_token_that_is_wrong_in_one_thing_lets_no_sidebar_in(door: Door, why: str, claims: dict[str, Any]) -> None:
    door.refuses(why, lambda: door.sidebar(door.signer.sidebar(now=NOW, **claims)))


@pytest.mark.parametrize(("why", "claims"), [*WRONG, ("service_account", {"email": PERSON})])
def test_a_service_token_that_is_wrong_in_one_thing_lets_no_card_in(
    door: Door, why: str, claims: dict[str, Any]
) -> None:
    if "email" in claims:
        why = "service_account"
    door.refuses(why, lambda: door.cards(door.signer.system(now=NOW, **claims)))


@pytest.mark.parametrize(("why", "claims"), WRONG)
def test_a_persons_token_that_is_wrong_in_one_thing_lets_no_card_in(
    door: Door, why: str, claims: dict[str, Any]
) -> None:
    door.refuses(why, lambda: door.cards(user=door.signer.user(now=NOW, **claims)))


def test_clocks_may_differ_by_half_a_minute(door: Door) -> None:
    assert door.sidebar(door.signer.sidebar(now=NOW + 30)).person == PERSON
    assert door.sidebar(door.signer.sidebar(now=NOW, iat=NOW - 3600, exp=NOW - 30)).person == PERSON


def test_one_token_does_not_stand_in_for_another(door: Door) -> None:
    signer = door.signer
    door.refuses("audience", lambda: door.sidebar(signer.system(now=NOW)))
    door.refuses("audience", lambda: door.sidebar(signer.user(now=NOW)))
    door.refuses("audience", lambda: door.cards(signer.user(now=NOW)))
    door.refuses("audience", lambda: door.cards(user=signer.sidebar(now=NOW)))
    door.refuses("audience", lambda: door.cards(user=signer.system(now=NOW)))


def test_a_card_without_the_persons_token_is_refused(door: Door) -> None:
    door.refuses("no_token", lambda: door.cards(user=None))
    for event in (b"", b"[]", b"{", b"[" * 100_000, b'{"authorizationEventObject": 1}'):
        headers = {"authorization": f"Bearer {door.signer.system(now=NOW)}"}
        with pytest.raises(Unverified):
            door._ask("cards/home", headers, event)


def test_a_token_in_the_body_is_no_token_in_the_header(door: Door) -> None:
    door.refuses("no_token", lambda: door.cards("", systemIdToken=door.signer.system(now=NOW)))


@pytest.mark.parametrize(
    "token", [None, "", "word", "a.b", "a.b.c", "é.é.é", "..", "e30.e30.e30", "W10.W10.", "x" * 20_000]
)
def test_what_is_no_token_is_refused(door: Door, token: str | None) -> None:
    with pytest.raises(Unverified):
        door.sidebar(token)
    with pytest.raises(Unverified):
        door.cards(user=token or None)


def test_a_page_that_is_neither_sidebar_nor_card_has_no_door(door: Door) -> None:
    good = door.signer.sidebar(now=NOW)
    for path in ("runs", "", "Sidebar/runs", "x/sidebar/runs"):
        door.refuses("no_such_page", lambda path=path: door.sidebar(good, path))


def test_people_of_other_domains_stay_out_where_domains_are_named(signer: Signer) -> None:
    door = Door(signer, hosted_domains=["example.com", "example.org"])
    assert door.sidebar(signer.sidebar(now=NOW, hd="example.org")).person == PERSON
    assert door.cards(user=signer.user(now=NOW, hd="example.com")).person == PERSON
    for other in ("example.net", "", None, ["example.com"]):
        door.refuses("hosted_domain", lambda other=other: door.sidebar(signer.sidebar(now=NOW, hd=other)))
        door.refuses("hosted_domain", lambda other=other: door.cards(user=signer.user(now=NOW, hd=other)))


def test_nobody_gets_in_where_nothing_is_configured(signer: Signer) -> None:
    closed = Door(signer, addon_client_ids=[], addon_urls=[])
    closed.refuses("audience", lambda: closed.sidebar(signer.sidebar(now=NOW)))
    closed.refuses("audience", lambda: closed.cards())
    no_account = Door(signer, addon_service_account="")
    no_account.refuses("service_account", lambda: no_account.cards())
    no_account.refuses("service_account", lambda: no_account.cards(signer.system(now=NOW, email="")))
    no_client = Door(signer, addon_oauth_client_id="")
    no_client.refuses("audience", lambda: no_client.cards())
    no_client.refuses("audience", lambda: no_client.cards(user=signer.user(now=NOW, aud="")))


def test_an_unsigned_token_is_refused(door: Door) -> None:
    claims = {"iss": "accounts.google.com", "aud": SIDEBAR_CLIENT, "email": PERSON, "email_verified": True}
    body = part({**claims, "iat": NOW, "exp": NOW + 3600})
    for name in ("none", "None", "", None, ["RS256"], 1):
        head = part({"alg": name, "kid": door.signer.kid})
        door.refuses("algorithm", lambda head=head: door.sidebar(f"{head}.{body}."))
    head = part({"alg": "RS256", "kid": door.signer.kid})
    door.refuses("signature", lambda: door.sidebar(f"{head}.{body}."))


@pytest.mark.parametrize("name", ["HS256", "ES256", "PS256", "RS512"])
def test_the_public_certificate_is_no_shared_secret(door: Door, name: str) -> None:
    """The classic confusion: signed by HMAC with the certificate that everybody knows."""
    door.sidebar(door.signer.sidebar(now=NOW))
    text = f"{part({'alg': name, 'kid': door.signer.kid})}.{door.signer.sidebar(now=NOW).split('.')[1]}"
    known = door.signer.certificates()[door.signer.kid].encode()
    sealed = base64.urlsafe_b64encode(hmac.digest(known, text.encode(), hashlib.sha256)).rstrip(b"=").decode()
    door.refuses("algorithm", lambda: door.sidebar(f"{text}.{sealed}"))


def test_a_payload_changed_after_signing_is_refused(door: Door) -> None:
    head, body, seal = door.signer.sidebar(now=NOW).split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    door.refuses("signature", lambda: door.sidebar(f"{head}.{part({**claims, 'email': 'ada@example.com'})}.{seal}"))
    other = door.signer.sidebar("ada@example.com", now=NOW).split(".")[2]
    door.refuses("signature", lambda: door.sidebar(f"{head}.{body}.{other}"))


def test_another_key_under_a_known_name_is_refused(door: Door) -> None:
    signer, claims = door.signer, {"aud": SIDEBAR_CLIENT, "iat": NOW, "exp": NOW + 3600}
    signer.rotate()
    renamed = signer.signed({"alg": "RS256", "kid": "key-1"}, claims, signer.keys["key-2"])
    door.refuses("signature", lambda: door.sidebar(renamed))
    nameless = signer.signed({"alg": "RS256"}, claims, signer.keys["key-1"])
    door.refuses("algorithm", lambda: door.sidebar(nameless))


def test_seven_verifications_fetch_the_certificates_once(door: Door) -> None:
    for _ in range(7):
        door.sidebar(door.signer.sidebar(now=NOW))
    door.cards()
    assert door.signer.fetches == 1


def test_many_at_once_fetch_the_certificates_once(door: Door) -> None:
    token, let_in = door.signer.sidebar(now=NOW), []
    threads = [threading.Thread(target=lambda: let_in.append(door.sidebar(token))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert (len(let_in), door.signer.fetches) == (8, 1)


@pytest.mark.parametrize(
    ("said", "holds", "over"),
    [
        ("public, max-age=20000", 19_999, 20_000),
        ("max-age=1", 299, 300),
        ("no-store", 299, 300),
        ("", 299, 300),
        ("max-age=999999999", 86_399, 86_400),
    ],
)
def test_certificates_are_kept_as_long_as_google_says_between_five_minutes_and_a_day(
    door: Door, said: str, holds: int, over: int
) -> None:
    door.signer.cache_control = said
    door.sidebar(door.signer.sidebar(now=NOW))
    for later, fetches in ((holds, 1), (over, 2)):
        door.now = NOW + later
        door.sidebar(door.signer.sidebar(now=door.now))
        assert door.signer.fetches == fetches


def test_a_key_nobody_knows_is_asked_for_once_a_minute(door: Door) -> None:
    door.sidebar(door.signer.sidebar(now=NOW))
    door.now = NOW + 60
    for _ in range(3):
        door.refuses("unknown_key", lambda: door.sidebar(door.signer.sidebar(now=NOW, kid="made-up")))
    assert door.signer.fetches == 2
    door.now = NOW + 120
    door.refuses("unknown_key", lambda: door.sidebar(door.signer.sidebar(now=NOW, kid="made-up")))
    assert door.signer.fetches == 3


def test_whoever_asks_for_keys_that_do_not_exist_keeps_nobody_else_waiting(door: Door) -> None:
    good, made_up = door.signer.sidebar(now=NOW), door.signer.sidebar(now=NOW, kid="made-up")
    door.sidebar(good)
    door.signer.answering.clear()
    door.now, refused = NOW + 60, []

    def ask() -> None:
        try:
            door.sidebar(made_up)
        except (Unverified, Unavailable) as error:
            refused.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    assert door.sidebar(good).person == PERSON
    assert not refused, "the one who asks for a key that does not exist waits still"
    door.signer.answering.set()
    asking.join(60)
    assert len(refused) == 1


def test_a_key_google_has_just_begun_to_use_is_found(door: Door) -> None:
    door.sidebar(door.signer.sidebar(now=NOW))
    door.signer.rotate()
    door.now = NOW + 60
    assert door.sidebar(door.signer.sidebar(now=NOW)).person == PERSON
    assert door.signer.fetches == 2


def test_without_certificates_nobody_is_let_in_and_nobody_is_called_a_liar(door: Door) -> None:
    door.signer.stop()
    with pytest.raises(Unavailable):
        door.sidebar(door.signer.sidebar(now=NOW))


@pytest.mark.parametrize(
    "answer", [(500, b"{}"), (404, b"{}"), (200, b"<html>"), (200, b"{}"), (200, b'{"key-1": 1}'), (302, b"")]
)
def test_an_answer_that_is_no_certificates_lets_nobody_in_and_is_tried_again_after_a_pause(
    door: Door, answer: tuple[int, bytes]
) -> None:
    token = door.signer.sidebar(now=NOW)
    door.signer.instead = answer
    for _ in range(3):
        with pytest.raises(Unavailable):
            door.sidebar(token)
    assert door.signer.fetches == 1
    door.signer.instead = None
    door.now = NOW + 5
    assert door.sidebar(token).person == PERSON


def test_a_certificate_that_is_none_lets_nobody_in(door: Door) -> None:
    door.signer.instead = (
        200,
        json.dumps({"key-1": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"}).encode(),
    )
    door.refuses("signature", lambda: door.sidebar(door.signer.sidebar(now=NOW)))


def test_expired_certificates_are_not_used_while_google_is_away(door: Door) -> None:
    door.sidebar(door.signer.sidebar(now=NOW))
    door.signer.instead = (503, b"")
    door.now = NOW + 20_000
    with pytest.raises(Unavailable):
        door.sidebar(door.signer.sidebar(now=door.now))


def test_a_sandbox_does_not_leave_the_machine_for_certificates(signer: Signer) -> None:
    filled = GoogleDocsSettings(addon_client_ids=(SIDEBAR_CLIENT,))
    here = GuardedHttp(filled.hosts(), loopback_only=True)
    connection = Connection(name="docs", settings=filled, http=here, sandbox=True)
    headers = {"authorization": f"Bearer {signer.sidebar(now=NOW)}"}
    request = Inbound(method="POST", path="/connect/google_docs/docs/sidebar/me", headers=headers, query={}, body=b"")
    with pytest.raises(ConfigurationError):
        GoogleDocs().identify(connection, request, lambda: NOW)


def test_no_error_quotes_a_token(door: Door) -> None:
    head, body, seal = door.signer.sidebar(now=NOW).split(".")
    for token in (f"{head}.{body}", f"{head}.{body}.{seal[:-9]}", f"{head}.{head}.{seal}", f"{body}.{body}.{seal}"):
        with pytest.raises(Unverified) as refused:
            door.sidebar(token)
        told = f"{refused.value!r} {refused.value} {refused.value.why} {refused.value.__cause__!r}"
        assert head not in told
        assert body not in told
        assert seal[:20] not in told


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("addon_urls", ["ftp://hub.example.com"]),
        ("addon_urls", ["https://hub.example.com/?x=1"]),
        ("addon_client_ids", [""]),
        ("addon_client_ids", [" spaced "]),
        ("certs_url", "certs"),
    ],
)
def test_a_setting_that_cannot_be_right_is_refused_before_it_is_used(setting: str, value: Any) -> None:
    with pytest.raises(ValueError, match=setting):
        GoogleDocsSettings(**{setting: value})
