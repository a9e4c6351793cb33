"""The sandbox's token endpoint, sessions and allowance of calls."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from simple_salesforce.exceptions import SalesforceAuthenticationFailed

from connectors.salesforce.sandbox_samples import APP as SAMPLE_APP
from connectors.salesforce.sandbox_samples import INTEGRATION, PLANNER, SECRET
from tests.connectors.salesforce.sandbox_bench import APP, BEARER, Org, assertion, key, private_pem, running


@pytest.fixture
def org() -> Iterator[Org]:
    with running() as org:
        yield org


def refused(org: Org, token: str) -> tuple[int, str, str]:
    reply = org.login(grant_type=BEARER, assertion=token)
    assert set(reply.json) == {"error", "error_description"}
    return reply.status, reply.json["error"], reply.json["error_description"]


def test_a_signed_assertion_gets_a_token_that_opens_the_api(org: Org) -> None:
    reply = org.login(grant_type=BEARER, assertion=assertion())
    assert reply.status == 200
    given = reply.json
    assert set(given) == {"access_token", "instance_url", "id", "token_type", "scope"}
    assert given["instance_url"] == f"https://{org.sandbox.domain}"
    assert given["token_type"] == "Bearer"
    assert re.fullmatch(r"https://login\.salesforce\.com/id/00D\w{15}/005\w{15}", given["id"])
    assert org.call("GET", "/limits", token=given["access_token"]).status == 200
    assert "Sforce-Limit-Info" not in reply.headers


def test_the_library_logs_in_by_itself(org: Org) -> None:
    domain = org.sandbox.domain.removesuffix(".salesforce.com")
    sf = org.library(username=INTEGRATION, consumer_key=APP, privatekey=private_pem(), instance_url=domain)
    assert sf.query("SELECT COUNT() FROM Campaign")["totalSize"] == 3


@pytest.mark.parametrize(
    ("claims", "error", "said"),
    [
        ({"iss": "unknown"}, "invalid_client_id", "client identifier invalid"),
        ({"sub": PLANNER}, "invalid_grant", "user hasn't approved this consumer"),
        ({"sub": "stranger@example.com"}, "invalid_grant", "user hasn't approved this consumer"),
        ({"sub": None}, "invalid_grant", "user hasn't approved this consumer"),
        ({"aud": "https://test.salesforce.com"}, "invalid_grant", "audience is invalid"),
        ({"aud": ["https://login.salesforce.com"]}, "invalid_grant", "audience is invalid"),
        ({"aud": None}, "invalid_grant", "audience is invalid"),
        ({"exp": 1}, "invalid_grant", "expired assertion"),
        ({"exp": time.time() - 1}, "invalid_grant", "expired assertion"),
        ({"exp": None}, "invalid_grant", "invalid assertion"),
        ({"exp": "soon"}, "invalid_grant", "invalid assertion"),
        ({"exp": time.time() + 3600}, "invalid_grant", "invalid assertion"),
        ({"exp": float("nan")}, "invalid_grant", "invalid assertion"),
    ],
)
def test_an_assertion_that_claims_wrong_is_refused(org: Org, claims: dict[str, Any], error: str, said: str) -> None:
    assert refused(org, assertion(**claims)) == (400, error, said)


def test_a_signature_by_another_key_is_refused(org: Org) -> None:
    assert refused(org, assertion("another")) == (400, "invalid_grant", "invalid assertion")
    head, body, signature = assertion().split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    forged = base64.urlsafe_b64encode(json.dumps({**claims, "sub": PLANNER}).encode()).rstrip(b"=").decode()
    assert refused(org, f"{head}.{forged}.{signature}")[2] == "invalid assertion"
    for token in (assertion(head={"alg": "none"}), f"{head}.{body}.", "x", "", "a.b.c", "[].[].x"):
        assert refused(org, token)[0] == 400


def test_an_org_of_the_sandbox_kind_wants_the_test_audience() -> None:
    with running(is_sandbox=True) as org:
        assert refused(org, assertion())[2] == "audience is invalid"
        for audience in ("https://test.salesforce.com", f"https://{org.sandbox.domain}"):
            assert org.login(grant_type=BEARER, assertion=assertion(aud=audience)).status == 200


@pytest.mark.filterwarnings("ignore::UserWarning")  # the library tells about the policy of self-authorization
def test_approval_taken_back_closes_the_door(org: Org) -> None:
    org.sandbox.accounts.revoke_approval(APP, INTEGRATION)
    assert refused(org, assertion())[2] == "user hasn't approved this consumer"
    domain = org.sandbox.domain.removesuffix(".salesforce.com")
    with pytest.raises(SalesforceAuthenticationFailed) as caught:
        org.library(username=INTEGRATION, consumer_key=APP, privatekey=private_pem(), instance_url=domain)
    assert caught.value.code == "invalid_grant"


def test_client_credentials_act_as_the_user_they_run_as(org: Org) -> None:
    by_form = org.login(grant_type="client_credentials", client_id=SAMPLE_APP, client_secret=SECRET)
    basic = base64.b64encode(f"{SAMPLE_APP}:{SECRET}".encode()).decode()
    by_header = org.login({"Authorization": f"Basic {basic}"}, grant_type="client_credentials")
    user = org.sandbox.accounts.user(INTEGRATION).id
    assert [reply.json["id"].rpartition("/")[2] for reply in (by_form, by_header)] == [user, user]
    sf = org.library(
        consumer_key=SAMPLE_APP, consumer_secret=SECRET, domain=org.sandbox.domain.removesuffix(".salesforce.com")
    )
    assert sf.query("SELECT COUNT() FROM Lead")["totalSize"] == 2


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "client_credentials", "client_id": SAMPLE_APP, "client_secret": "no"}, "invalid_client"),
        ({"grant_type": "client_credentials", "client_id": SAMPLE_APP}, "invalid_client"),
        ({"grant_type": "client_credentials", "client_id": APP, "client_secret": ""}, "invalid_client"),
        ({"grant_type": "client_credentials", "client_id": "no", "client_secret": SECRET}, "invalid_client_id"),
        ({"grant_type": "password", "username": INTEGRATION, "password": "x"}, "unsupported_grant_type"),
        ({}, "unsupported_grant_type"),
    ],
)
def test_a_wrong_token_request_is_refused(org: Org, form: dict[str, str], error: str) -> None:
    reply = org.login(**form)
    assert (reply.status, reply.json["error"]) == (400, error)


def test_an_app_without_a_user_to_run_as_gets_no_token(org: Org) -> None:
    org.sandbox.accounts.register("lonely", secret="s")
    reply = org.login(grant_type="client_credentials", client_id="lonely", client_secret="s")
    assert (reply.status, reply.json["error"]) == (400, "invalid_grant")


def test_a_session_ends_by_time_by_revoking_and_all_at_once() -> None:
    now = [1_800_000_000.0]
    with running(clock=lambda: now[0]) as org:
        accounts = org.sandbox.accounts
        short, long = accounts.session(INTEGRATION, 60), accounts.session(INTEGRATION)
        assert org.call("GET", "/limits", token=short).status == 200
        now[0] += 61
        reply = org.call("GET", "/limits", token=short)
        assert (reply.status, reply.code, reply.message) == (
            401,
            "INVALID_SESSION_ID",
            "Session expired or invalid",
        )
        assert org.call("GET", "/limits", token=long).status == 200
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        assert org.send("POST", "/services/oauth2/revoke", f"token={long}".encode(), form).status == 200
        assert org.call("GET", "/limits", token=long).status == 401
        assert org.send("POST", "/services/oauth2/revoke", b"token=x", form).status == 400
        accounts.expire_all()
        assert org.call("GET", "/limits").status == 401


@pytest.mark.parametrize("header", ["", "Bearer ", "Bearer x", "Basic eDp5", "x"])
def test_without_a_session_nothing_is_told(org: Org, header: str) -> None:
    reply = org.call("GET", "/limits", token="", headers={"Authorization": header})
    assert (reply.status, reply.code) == (401, "INVALID_SESSION_ID")


def test_every_answer_says_how_much_of_the_day_is_used(org: Org) -> None:
    used = [org.call("GET", "/limits").headers["Sforce-Limit-Info"] for _ in range(2)]
    assert used == ["api-usage=1/15000", "api-usage=2/15000"]
    refusal = org.query("SELECT Nothing FROM Campaign")
    assert (refusal.status, refusal.headers["Sforce-Limit-Info"]) == (400, "api-usage=3/15000")
    assert org.call("GET", "/limits").json["DailyApiRequests"] == {"Max": 15000, "Remaining": 14996}


def test_the_day_used_up_refuses_until_it_is_over() -> None:
    now = [1_800_000_000.0]
    with running(clock=lambda: now[0]) as org:
        accounts = org.sandbox.accounts
        accounts.session_seconds = 10 * 86_400
        org.token = accounts.session(INTEGRATION)
        accounts.daily = 3
        assert [org.call("GET", "/limits").status for _ in range(4)] == [200, 200, 200, 403]
        reply = org.call("GET", "/limits")
        assert (reply.code, reply.message) == ("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        assert reply.headers["Sforce-Limit-Info"] == "api-usage=3/3"
        assert org.login(grant_type=BEARER, assertion=assertion(exp=now[0] + 60)).status == 200
        now[0] += 86_401
        assert org.call("GET", "/limits").status == 200
        accounts.use(2)
        assert org.call("GET", "/limits").status == 403
        accounts.reset()
        assert org.call("GET", "/limits").status == 200


def test_a_certificate_stands_for_its_key(org: Org) -> None:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Inlay")])
    made, day = datetime.now(UTC), timedelta(days=1)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key("other").public_key())
        .serial_number(1)
        .not_valid_before(made - day)
        .not_valid_after(made + day)
        .sign(key("other"), SHA256())
    )
    pem = signed.public_bytes(Encoding.PEM).decode()
    org.sandbox.accounts.register("k", public_key=pem, approved=(INTEGRATION,))
    assert org.login(grant_type=BEARER, assertion=assertion("other", iss="k")).status == 200
    with pytest.raises(ValueError):
        org.sandbox.accounts.register("k", public_key="no key")
