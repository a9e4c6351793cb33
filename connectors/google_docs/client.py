"""The only file that goes out: Google's own client for Docs and Drive, over the connection's guarded HTTP client."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any

from connectors.google_docs.settings import GoogleDocsSettings
from hub.sdk import (
    Connection,
    InlayError,
    NeedsPermission,
    RateLimited,
    Reply,
    Secret,
    TargetGone,
    Unavailable,
    VendorRefused,
)

SCOPES = ("https://www.googleapis.com/auth/documents", "https://www.googleapis.com/auth/drive")
_LIMIT_REASONS = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED"})
COMMENTS = "COMMENTS_VIEW_MODE_INCLUDED"
#: Where a description says its service is; for Drive the service's path is a part of it. Each call goes to the
#: connection's own.
_ENDPOINTS = {"docs": "https://docs.googleapis.com/", "drive": "https://www.googleapis.com/drive/v3/"}
_DOCUMENT_TYPE = "application/vnd.google-apps.document"


class Rejected(VendorRefused):
    """Google answered 400. Under a revision lock that may only mean that the document changed; the caller decides."""


class GoogleClient:
    """Docs and Drive for one connection. Safe to share between threads: it holds no state of a call.

    Every method raises NeedsPermission, TargetGone, RateLimited, Unavailable, Rejected or VendorRefused.
    """

    def __init__(self, connection: Connection) -> None:
        self._settings: GoogleDocsSettings = connection.settings
        self._transport = _Transport(connection)

    def document(self, document_id: str, *, comments: bool = False) -> dict[str, Any]:
        """``documents.get`` with every tab, and suggestions in the text: then its indexes are those a write uses."""
        more = {"commentsViewMode": COMMENTS} if comments else {}
        call = self._docs().get(
            documentId=document_id, includeTabsContent=True, suggestionsViewMode="SUGGESTIONS_INLINE", **more
        )
        return self._run(call, "documentId")

    def batch(
        self, document_id: str, requests: list[dict[str, Any]], revision: str, *, suggest: bool = False
    ) -> dict[str, Any]:
        """``documents.batchUpdate``: all requests or none, and only if the document still stands at ``revision``."""
        control = {"requiredRevisionId": revision} | ({"writeMode": "SUGGEST"} if suggest else {})
        body = {"requests": requests, "writeControl": control}
        return self._run(self._docs().batchUpdate(documentId=document_id, body=body), "documentId")

    def documents_made(self, folder: str, since: datetime, until: datetime) -> Iterator[str]:
        """The ids of the documents created directly in the folder in the window, page by page."""
        query = (
            f"'{folder}' in parents and mimeType = '{_DOCUMENT_TYPE}' and trashed = false "
            f"and createdTime >= '{_rfc3339(since)}' and createdTime < '{_rfc3339(until)}'"
        )
        files = self._every(
            self._files(),
            "files",
            q=query,
            pageSize=1000,
            fields="nextPageToken,files(id)",
            supportsAllDrives=True,
            includeItemsFromAllDrives=True,
        )
        return (file["id"] for file in files)

    def comments(self, document_id: str) -> list[dict[str, Any]]:
        """Every comment that stands beside the document, with its answers."""
        fields = "nextPageToken,comments(id,content,resolved,author(me),replies(id))"
        return list(self._every(self._comments(), "comments", fileId=document_id, pageSize=100, fields=fields))

    def comment(self, document_id: str, text: str, quote: str) -> dict[str, Any]:
        """Put a comment beside the document; ``quote`` is the passage it is about."""
        body: dict[str, Any] = {"content": text}
        if quote:
            body["quotedFileContent"] = {"mimeType": "text/plain", "value": quote}
        return self._run(self._comments().create(fileId=document_id, body=body, fields="id,content"), "id")

    def delete_comment(self, document_id: str, comment_id: str) -> None:
        """Take a comment away. Drive answers with nothing."""
        self._run(self._comments().delete(fileId=document_id, commentId=comment_id), None)

    def create(self, title: str) -> str:
        """A new, empty document of the account's own; gives its id."""
        return self._run(self._docs().create(body={"title": title}), "documentId")["documentId"]

    def delete(self, document_id: str) -> None:
        """Delete a document for good, past the bin. Drive answers with nothing."""
        self._run(self._files().delete(fileId=document_id, supportsAllDrives=True), None)

    def in_bin(self, document_id: str) -> bool:
        """Whether the document is in the bin. Where Drive does not tell, it counts as not: reading it says more."""
        call = self._files().get(fileId=document_id, fields="id,trashed", supportsAllDrives=True)
        try:
            return bool(self._run(call, "id").get("trashed"))
        except InlayError:
            return False

    def drive_answers(self) -> None:
        """One small Drive call, to see that it works."""
        self._run(self._files().list(pageSize=1, fields="files(id)"), "files")

    def authorize(self) -> None:
        """Fetch an access token, if there is none that holds for a while."""
        self._transport.token()

    @property
    def clock_offset(self) -> float | None:
        """Seconds by which Google's clock is ahead of this machine's, by the last answer; None before the first."""
        return self._transport.clock_offset

    def _docs(self) -> Any:
        return _described("docs", "v1", "documents")

    def _files(self) -> Any:
        return _described("drive", "v3", "files")

    def _comments(self) -> Any:
        return _described("drive", "v3", "comments")

    def _every(self, collection: Any, name: str, **asked: Any) -> Iterator[dict[str, Any]]:
        """What a ``list`` of Drive gives under this name, page by page."""
        page: str | None = None
        while True:
            answer = self._run(collection.list(pageToken=page, **asked), name)
            yield from answer[name]
            page = answer.get("nextPageToken")
            if not page:
                return

    def _run(self, call: Any, expected: str | None) -> dict[str, Any]:
        """The answer, which holds the field ``expected``; None where Google answers with nothing."""
        from googleapiclient.errors import HttpError

        try:
            answer = call.execute(http=self._transport, num_retries=0)
        except HttpError as error:
            lent = self._transport.lent
            raise _named(error.resp.status, error.resp, error.content, lent=lent) from None
        except ValueError:  # 200 with a web page: a proxy's, or half an answer.
            answer = None
        else:
            if expected is None:
                return {}
        if not isinstance(answer, dict) or expected not in answer:
            raise Unavailable("Google answered something that is no answer of its API.")
        return answer


@cache
def _described(name: str, version: str, collection: str) -> Any:
    """Google's description of a service as an object that makes calls. It holds no token and no connection: those go
    with each call, so that one serves all.

    What is kept is the collection: build takes 3 ms, but each call of documents() writes the whole schema out as help
    texts, which takes some 50 ms (google-api-python-client 2.202).
    """
    import httplib2
    from googleapiclient.discovery import build

    service = build(
        name,
        version,
        http=httplib2.Http(),  # Never used: each call names the transport it goes by.
        client_options={"api_endpoint": _ENDPOINTS[name]},
        static_discovery=True,
        cache_discovery=False,
    )
    return getattr(service, collection)()


def client_of(connection: Connection) -> GoogleClient:
    """The connection's one client, made at the first call; a person who lent a token has one of their own, not kept."""
    if connection.token is not None:
        return GoogleClient(connection)
    known = connection.memory.get("google_docs.client")
    return known or connection.memory.setdefault("google_docs.client", GoogleClient(connection))


def certificates(connection: Connection) -> Reply:
    """Google's certificates of identity tokens, which everybody may read."""
    return connection.http.request("GET", connection.settings.certs_url, timeout=4.0)


class _Transport:
    """What Google's client takes for an ``httplib2.Http``: sends each request once, with the connection's token.

    httplib2 itself sends a POST a second time when the connection drops before the reply (0.32.1, seen with
    num_retries=0), so that a batchUpdate may be applied twice.
    """

    def __init__(self, connection: Connection) -> None:
        self._http = connection.http
        self._settings: GoogleDocsSettings = connection.settings
        #: Whether calls are made in a person's own name.
        self.lent = connection.token is not None
        self._token = connection.token
        self._lock = threading.Lock()
        self._credentials: Any = None
        self.clock_offset: float | None = None

    def request(
        self, uri: str, method: str = "GET", body: Any = None, headers: Mapping[str, str] | None = None, **_: Any
    ) -> tuple[Any, bytes]:
        import httplib2

        sent = {name.lower(): value for name, value in (headers or {}).items()}
        sent.pop("content-length", None)
        uri = self._own(uri)
        reply = self._send(method, uri, sent, body, self.token())
        if reply.status == 401 and self._credentials is not None:
            # 401 means not carried out. A service account's token can be withdrawn before its time; a fresh one tells.
            self._forget()
            reply = self._send(method, uri, sent, body, self.token())
        return httplib2.Response({**reply.headers, "status": str(reply.status)}), reply.body

    def _own(self, uri: str) -> str:
        """The address at this connection of what a description calls."""
        if uri.startswith(_ENDPOINTS["docs"]):
            return f"{self._settings.api_root}/{uri.removeprefix(_ENDPOINTS['docs'])}"
        return f"{self._settings.drive_root}/drive/v3/{uri.removeprefix(_ENDPOINTS['drive'])}"

    def _send(self, method: str, uri: str, headers: dict[str, str], body: Any, token: Secret) -> Reply:
        reply = self._http.request(
            method, uri, headers={**headers, "authorization": f"Bearer {token.reveal()}"}, body=body
        )
        try:
            theirs = parsedate_to_datetime(reply.headers.get("date", ""))
            self.clock_offset = (theirs - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            self.clock_offset = None
        return reply

    def token(self) -> Secret:
        """An access token: the person's own before any other.

        A service account's is fetched by one thread at a time and kept until it nearly ends.
        """
        if self._token is not None:
            return self._token
        if not self._settings.service_account:
            if self._settings.access_token:
                return self._settings.access_token
            raise NeedsPermission(
                "Nobody has lent Inlay access to this document.",
                why="This connection has no account of its own, and your access from the add-on has ended.",
                instead="Open the Inlay add-on in the document again: the run goes on by itself. For runs that start "
                "elsewhere, an admin gives the connection a service account.",
                who="the asker",
            )
        with self._lock:
            if self._credentials is None or not self._credentials.valid:
                self._credentials = self._signed_in(self._settings.service_account)
            return Secret(self._credentials.token)

    def _forget(self) -> None:
        with self._lock:
            self._credentials = None

    def _signed_in(self, key: Secret) -> Any:
        from google.auth.exceptions import GoogleAuthError
        from google.oauth2.service_account import Credentials

        account = {**json.loads(key.reveal()), "token_uri": self._settings.token_uri}
        try:
            credentials = Credentials.from_service_account_info(account, scopes=SCOPES)
            credentials.refresh(self._fetch)
        except GoogleAuthError as error:
            if error.retryable:
                raise Unavailable("Google's sign-in does not give out tokens at the moment.") from None
            raise NeedsPermission(
                "Google does not accept the service account of this connection.",
                why="Its key was deleted or disabled, or this machine's clock is wrong.",
                instead="Create a new JSON key in Google Cloud and paste it into the connection's settings.",
                who="an admin",
            ) from None
        except ValueError:
            raise NeedsPermission(
                "The service account's key cannot be read.",
                instead="Paste the whole JSON file of the key into the connection's settings.",
                who="an admin",
            ) from None
        return credentials

    def _fetch(self, url: str, method: str = "GET", body: Any = None, headers: Any = None, **_: Any) -> _AuthReply:
        """The shape google-auth asks of a transport."""
        return _AuthReply(self._http.request(method, url, headers=headers, body=body))


class _AuthReply:
    """A reply as google-auth reads it."""

    def __init__(self, reply: Reply) -> None:
        self.status, self.headers, self.data = reply.status, reply.headers, reply.body


def _named(status: int, headers: Mapping[str, str], body: bytes, *, lent: bool = False) -> InlayError:
    """Google's error in the hub's words. Decided on status and reason codes; the message's text is not dependable."""
    try:
        told = json.loads(body)["error"]
        codes = {
            told.get("status"),
            *(one.get("reason") for one in [*told.get("errors", []), *told.get("details", [])]),
        }
    except (ValueError, KeyError, TypeError, AttributeError):
        codes = set()
    if status == 429 or (status == 403 and codes & _LIMIT_REASONS):
        return RateLimited("Google Docs asks to slow down.", after=_seconds(headers.get("retry-after")))
    if status == 401 and lent:
        return NeedsPermission(
            "Your access to Google Docs has ended: it lasts about an hour.",
            instead="Open the Inlay add-on in the document again; the run goes on by itself.",
            who="the asker",
        )
    if status == 403 and lent:
        return NeedsPermission(
            "Google does not let Inlay work on this document in your name.",
            why="You have not allowed it for this document, or you may not edit it.",
            instead="Open the Inlay add-on in the document, click 'Allow this document', then 'Try again'.",
            who="the asker",
        )
    if status == 401:
        return NeedsPermission(
            "Google no longer accepts this account's sign-in.",
            why="Its token has expired or was withdrawn.",
            instead="Sign in to Google again, or renew the account in the connection's settings; then retry.",
        )
    if status == 403:
        return NeedsPermission(
            "The Google account of this connection may not do this.",
            why="The document is not shared with it for editing, or the account has no access to Docs and Drive.",
            instead="Share the document with the account as an editor; then retry.",
        )
    if status == 404:
        return TargetGone(
            "The document is gone, or is not shared with the Google account of this connection.",
            instead="Check the document's address and its sharing. A draft that was made is kept on the run's page.",
        )
    if status >= 500 or status == 408:
        return _away(status, headers)
    if status == 400:
        return Rejected("Google Docs does not accept the change.", why="The document or the place does not allow it.")
    return VendorRefused(f"Google Docs refused the request with status {status}.")


def _away(status: int, headers: Mapping[str, str]) -> Unavailable:
    return Unavailable(f"Google Docs has a failure of its own ({status}).", after=_seconds(headers.get("retry-after")))


def _seconds(value: str | None) -> float | None:
    return float(value) if value and value.strip().isdigit() else None


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")[:-4] + "Z"
