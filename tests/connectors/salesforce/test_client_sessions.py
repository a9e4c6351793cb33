"""The client's session: one sign-in however many find it ended, and a repeat that loses nothing of the call."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from hub.sdk import Conflict, InlayError, NeedsPermission, RateLimited, Secret, Unavailable
from tests.connectors.salesforce.connector_bench import API, EXPIRED, Told, client, error

CAMPAIGN = "701Hs0000000001IAA"
SOME = {"totalSize": 1, "done": True, "records": [{"attributes": {"type": "Campaign"}, "Id": CAMPAIGN}]}
ONCE = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
CALLS: list[Callable[[Any], Any]] = [
    lambda org: org.query("SELECT Id FROM Campaign"),
    lambda org: org.record("Campaign", CAMPAIGN, ["Name"]),
    lambda org: org.describe("Campaign"),
    lambda org: org.upsert("AI_Output__c", "Hub_Key__c", "ab" * 32, {"Title__c": "One"}),
    lambda org: org.update("Campaign", CAMPAIGN, {"Description": "New"}),
    lambda org: org.delete("Campaign", CAMPAIGN),
    lambda org: org.limits(),
]


def at_once(number: int, act: Callable[[], Any]) -> list[Any]:
    """What ``act`` gives or raises, called by so many threads that all start together."""
    start, results = threading.Barrier(number), []

    def run() -> None:
        start.wait()
        try:
            results.append(act())
        except InlayError as error:
            results.append(error)

    threads = [threading.Thread(target=run) for _ in range(number)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return results


def test_a_repeat_after_the_session_ended_keeps_every_header() -> None:
    with client() as (salesforce, org):
        salesforce.sign_in()
        org.expire()
        org.answers.append(Told(204))
        salesforce.update("Campaign", CAMPAIGN, {"Description": "New"}, unchanged_since=ONCE)
    first, second = org.calls
    apart = {"authorization"}
    assert {n: v for n, v in first.headers.items() if n not in apart} == {
        n: v for n, v in second.headers.items() if n not in apart
    }
    assert second.headers["if-unmodified-since"] == "Fri, 20 Nov 2026 09:30:00 GMT"
    assert first.token != second.token
    assert first.body == second.body


def test_a_conditional_write_that_comes_too_late_is_a_conflict() -> None:
    with client(error("PRECONDITION_FAILED", status=412)) as (salesforce, _), pytest.raises(Conflict):
        salesforce.update("Campaign", CAMPAIGN, {"Description": "New"}, unchanged_since=ONCE)


@pytest.mark.parametrize("act", CALLS)
def test_a_session_that_stays_refused_costs_one_more_sign_in(act: Callable[[Any], Any]) -> None:
    with client() as (salesforce, org):
        org.otherwise = lambda call: EXPIRED
        with pytest.raises(NeedsPermission) as caught:
            act(salesforce)
    assert len(org.sign_ins) == 2
    assert len(org.calls) == 2
    assert caught.value.who == "a Salesforce admin"


@pytest.mark.parametrize(
    "body", [b"", b"<html>Unauthorized</html>", b"{}", b'{"error": "expired"}', b"[]", b'["?"]', b"[[]]", b"null"]
)
def test_a_401_says_enough_whatever_its_body(body: bytes) -> None:
    with client(Told(401, body), Told(200, SOME)) as (salesforce, org):
        assert salesforce.query("SELECT Id FROM Campaign") == [{"Id": CAMPAIGN}]
        org.otherwise = lambda call: Told(401, body)
        with pytest.raises(NeedsPermission):
            salesforce.query("SELECT Id FROM Campaign")
    assert len(org.sign_ins) == 3


def test_twenty_threads_that_find_the_session_ended_sign_in_once() -> None:
    with client() as (salesforce, org):
        org.otherwise = lambda call: Told(200, SOME)
        salesforce.sign_in()
        org.expire()
        results = at_once(20, lambda: salesforce.query("SELECT Id FROM Campaign"))
    assert results == [[{"Id": CAMPAIGN}]] * 20
    assert len(org.sign_ins) == 2


def test_twenty_threads_that_need_the_first_session_sign_in_once() -> None:
    with client() as (salesforce, org):
        org.otherwise = lambda call: Told(200, SOME)
        results = at_once(20, lambda: salesforce.query("SELECT Id FROM Campaign"))
    assert results == [[{"Id": CAMPAIGN}]] * 20
    assert len(org.sign_ins) == 1


class CountedLock:
    """A lock that tells how many have asked for it."""

    def __init__(self) -> None:
        self.asked = threading.Semaphore(0)
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        self.asked.release()
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def test_threads_that_waited_for_a_sign_in_that_failed_do_not_try_it_themselves() -> None:
    no = Told(400, {"error": "invalid_grant", "error_description": "user hasn't approved this consumer"})
    hold = threading.Event()
    lock = CountedLock()
    with client() as (salesforce, org):
        salesforce._sign_in._lock = lock  # type: ignore[assignment]
        org.sign_in_hold = hold
        org.sign_in_answers += [no] * 10
        results: list[Any] = []
        threads = [threading.Thread(target=lambda: results.extend(at_once(1, salesforce.sign_in))) for _ in range(5)]
        for one in threads:
            one.start()
        for _ in threads:
            assert lock.asked.acquire(timeout=30)
        hold.set()
        for one in threads:
            one.join()
        assert [type(one) for one in results] == [NeedsPermission] * 5
        assert len(org.sign_ins) == 1
        with pytest.raises(NeedsPermission):
            salesforce.sign_in()
        assert len(org.sign_ins) == 2, "a later call tries again"


def test_a_sign_in_with_a_consumer_secret_goes_to_the_org_s_own_host() -> None:
    secret = {"private_key": None, "username": "", "consumer_secret": Secret("s3cret")}
    with client(Told(200, SOME), **secret) as (salesforce, org):
        salesforce.query("SELECT Id FROM Campaign")
    (call,) = org.sign_ins
    assert call.body == b"grant_type=client_credentials"
    assert call.headers["authorization"].startswith("Basic ")
    assert org.calls[0].path == f"{API}/query/"


def refused_sign_in(told: Told, **more: Any) -> InlayError:
    with client(**more) as (salesforce, org):
        org.sign_in_answers.append(told)
        with pytest.raises(InlayError) as caught:
            salesforce.sign_in()
    return caught.value


@pytest.mark.parametrize(
    ("code", "text", "fix", "who"),
    [
        ("invalid_grant", "user hasn't approved this consumer", "permission set", "a Salesforce admin"),
        ("invalid_app_access", "user is not admin approved to access this app", "permission set", "a Salesforce admin"),
        ("invalid_grant", "audience is invalid", "login_audience", "an admin"),
        ("invalid_grant", "Audience validation failed", "login_audience", "an admin"),
        ("invalid_grant", "invalid assertion", "certificate", "an admin"),
        ("invalid_grant", "something new", "certificate", "an admin"),
        ("OAUTH_APP_BLOCKED", "this app is blocked by admin", "Unblock", "a Salesforce admin"),
        ("OAUTH_EC_APP_NOT_FOUND", "external client app is not installed in this org", "Unblock", "a Salesforce admin"),
        ("invalid_grant", "inactive user", "Activate", "a Salesforce admin"),
        ("invalid_grant", "user is locked", "unlock", "a Salesforce admin"),
        ("inactive_org", "inactive organization", "Ask Salesforce", "a Salesforce admin"),
        ("invalid_grant", "ip restricted", "network address", "a Salesforce admin"),
        ("invalid_client_id", "client identifier invalid", "consumer key", "an admin"),
        ("invalid_client", "invalid client credentials", "consumer secret", "an admin"),
        ("invalid_grant", "no client credentials user enabled", "Run As", "a Salesforce admin"),
        ("invalid_grant", "request not supported on this domain", "setting domain", "an admin"),
        ("unsupported_grant_type", "grant type not supported", "JWT bearer flow", "a Salesforce admin"),
        ("invalid_grant", "expired authorization code", "NTP", "an admin"),
    ],
)
def test_a_refused_sign_in_names_its_one_fix(code: str, text: str, fix: str, who: str) -> None:
    refused = refused_sign_in(Told(400, {"error": code, "error_description": text}))
    assert isinstance(refused, NeedsPermission)
    assert fix in refused.instead
    assert refused.who == who
    assert text not in f"{refused.what} {refused.why} {refused.instead}"


def test_a_sign_in_that_is_refused_without_a_known_reason_points_at_the_app() -> None:
    secret = {"private_key": None, "username": "", "consumer_secret": Secret("s3cret")}
    refused = refused_sign_in(Told(400, {"error": "invalid_grant", "error_description": "new"}), **secret)
    assert isinstance(refused, NeedsPermission)
    assert "External Client App" in refused.instead


def test_a_sign_in_s_own_failures_are_tried_again_later() -> None:
    limited = Told(400, {"error": "invalid_grant", "error_description": "login rate exceeded"})
    assert isinstance(refused_sign_in(limited), RateLimited)
    for told in (Told(503, b"<html>down</html>"), Told(400, b"<html>"), Told(200, b"<html>"), Told(200, {}), Told(400)):
        assert isinstance(refused_sign_in(told), Unavailable)


@pytest.mark.parametrize("token", ["", "two words", "line\nbreak", 7, "gr\u00fc\u00df"])
def test_a_token_that_cannot_stand_in_a_header_is_none(token: object) -> None:
    assert isinstance(refused_sign_in(Told(200, {"access_token": token, "instance_url": "https://x"})), Unavailable)


def test_neither_key_nor_token_shows_in_an_error_or_a_warning(
    recwarn: pytest.WarningsRecorder, caplog: pytest.LogCaptureFixture
) -> None:
    refused = refused_sign_in(
        Told(400, {"error": "invalid_grant", "error_description": "user hasn't approved this consumer"})
    )
    told = f"{refused!r} {refused.what} {refused.why} {refused.instead} {[str(one.message) for one in recwarn]}"
    assert "3MVG9" not in told + caplog.text
    assert "inlay@acme.example" not in told + caplog.text
