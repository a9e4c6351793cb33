"""Who may do what in the sandbox: tokens, service-account grants and quotas."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from google.auth.exceptions import RefreshError
from google.auth.transport.requests import Request
from google.oauth2.service_account import Credentials
from googleapiclient.errors import HttpError

from tests.connectors.google_docs.sandbox_bench import Google, insert, running

BOT = "bot@project.iam.gserviceaccount.com"
WRITE = "https://www.googleapis.com/auth/documents"


class Clock:
    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def keys() -> tuple[str, str]:
    """A service account's key pair: (private, public), PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return private, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def google(keys: tuple[str, str], clock: Clock) -> Iterator[Google]:
    with running(service_accounts={BOT: keys[1]}, clock=clock) as it:
        it.load("abc")
        yield it


def status_of(call: Any) -> tuple[int, str]:
    with pytest.raises(HttpError) as caught:
        call.execute()
    return caught.value.status_code, json.loads(caught.value.content)["error"].get("status", "")


def test_no_token_is_401(google: Google) -> None:
    with pytest.raises(HTTPError) as caught:
        urlopen(f"{google.sandbox.url}/v1/documents/doc", timeout=10)
    assert caught.value.code == 401 and json.load(caught.value)["error"]["status"] == "UNAUTHENTICATED"


def test_an_expired_token_makes_googles_client_ask_for_a_refresh_it_cannot_make(google: Google) -> None:
    with pytest.raises(RefreshError):
        google.docs("expired-token").get(documentId="doc").execute()


def test_a_reader_reads_without_revision_and_writes_nothing(google: Google) -> None:
    docs = google.docs("readonly-1")
    assert "revisionId" not in docs.get(documentId="doc").execute()
    batch = {"requests": [insert(1, "x")]}
    assert status_of(docs.batchUpdate(documentId="doc", body=batch)) == (403, "PERMISSION_DENIED")
    assert status_of(docs.get(documentId="doc", suggestionsViewMode="SUGGESTIONS_INLINE"))[0] == 403
    assert google.drive("readonly-1").files().get(fileId="doc", fields="capabilities/canEdit").execute() == {
        "capabilities": {"canEdit": False}
    }
    assert google.text() == "abc\n"


def test_a_stranger_is_kept_out_and_a_missing_document_is_404(google: Google) -> None:
    assert status_of(google.docs("stranger").get(documentId="doc")) == (403, "PERMISSION_DENIED")
    assert status_of(google.docs("hidden").get(documentId="doc")) == (404, "NOT_FOUND")
    assert status_of(google.docs().get(documentId="nothing")) == (404, "NOT_FOUND")
    assert status_of(google.drive("stranger").files().get(fileId="doc"))[0] == 404


def test_tokens_are_nowhere_in_the_journal(google: Google) -> None:
    google.docs("ya29.very-secret").get(documentId="doc").execute()
    (entry,) = google.sandbox.journal.entries()
    assert entry.by.endswith("@sandbox.example") and "very-secret" not in repr(entry)


def bot(google: Google, private: str, *scopes: str, **more: str) -> Credentials:
    info = {"client_email": BOT, "private_key": private, "token_uri": f"{google.sandbox.url}/token", **more}
    return Credentials.from_service_account_info(info, scopes=scopes)


def test_a_service_account_gets_a_token_that_ends(google: Google, keys: tuple[str, str], clock: Clock) -> None:
    credentials = bot(google, keys[0], WRITE)
    credentials.refresh(Request())
    docs = google.docs(credentials.token)
    docs.batchUpdate(documentId="doc", body={"requests": [insert(1, "x")]}).execute()
    assert google.text() == "xabc\n" and google.sandbox.journal.entries()[-1].by == BOT
    clock.now += 3601
    with pytest.raises(RefreshError):
        docs.get(documentId="doc").execute()


def test_a_token_for_reading_does_not_write(google: Google, keys: tuple[str, str]) -> None:
    credentials = bot(google, keys[0], WRITE + ".readonly")
    credentials.refresh(Request())
    with pytest.raises(HttpError, match="insufficient authentication scopes"):
        google.docs(credentials.token).batchUpdate(documentId="doc", body={"requests": [insert(1, "x")]}).execute()


def test_grants_that_prove_nothing_are_refused(google: Google, keys: tuple[str, str]) -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    forged = other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    for credentials in (
        bot(google, forged, WRITE),
        bot(google, keys[0], WRITE, client_email="someone@else.example"),
        bot(google, keys[0]),
    ):
        with pytest.raises(RefreshError):
            credentials.refresh(Request())


@pytest.mark.parametrize(
    ("alter", "error"),
    [
        ({"aud": "https://elsewhere.example/token"}, "audience"),
        ({"iat": 1, "exp": 2}, "short-lived"),
        ({"exp": time.time() + 90_000}, "short-lived"),
        ({"exp": None}, "required"),
    ],
)
def test_a_well_signed_assertion_with_wrong_claims_is_refused(
    google: Google, keys: tuple[str, str], alter: dict[str, Any], error: str
) -> None:
    from google.auth import crypt, jwt

    now = int(time.time())
    claims = {"iss": BOT, "aud": f"{google.sandbox.url}/token", "iat": now, "exp": now + 600, "scope": WRITE, **alter}
    assertion = jwt.encode(crypt.RSASigner.from_string(keys[0]), claims).decode()
    assert error in grant(google, assertion)


def test_an_assertion_without_a_signature_is_refused(google: Google) -> None:
    def part(value: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    assert "RS256" in grant(google, f"{part({'alg': 'none'})}.{part({'iss': BOT})}.")
    assert "not a JWT" in grant(google, "rubbish")


def grant(google: Google, assertion: str) -> str:
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion}
    with pytest.raises(HTTPError) as caught:
        urlopen(f"{google.sandbox.url}/token", urlencode(form).encode(), timeout=10)
    assert caught.value.code == 400
    return str(json.load(caught.value)["error_description"])


def test_the_61st_write_of_a_minute_is_over_quota_and_failed_writes_count(clock: Clock) -> None:
    with running(quota=True, clock=clock) as google:
        google.load("abc")
        docs = google.docs()
        good, bad = {"requests": [insert(1, "x")]}, {"requests": [insert(99, "x")]}
        for turn in range(60):
            if turn % 2:
                docs.batchUpdate(documentId="doc", body=good).execute()
            else:
                assert status_of(docs.batchUpdate(documentId="doc", body=bad))[0] == 400
        with pytest.raises(HttpError) as caught:
            docs.batchUpdate(documentId="doc", body=good).execute()
        assert caught.value.status_code == 429 and "WriteRequestsPerMinutePerUser" in caught.value.content.decode()
        docs.get(documentId="doc").execute()
        google.write(insert(1, "y"), docs=google.docs("ya29.other"))
        clock.now += 61
        docs.batchUpdate(documentId="doc", body=good).execute()


def test_the_301st_read_of_a_minute_is_over_quota(clock: Clock) -> None:
    with running(quota=True, clock=clock) as google:
        google.load("abc")
        docs = google.docs()
        for _ in range(300):
            docs.get(documentId="doc", fields="title").execute()
        assert status_of(docs.get(documentId="doc")) == (429, "RESOURCE_EXHAUSTED")
