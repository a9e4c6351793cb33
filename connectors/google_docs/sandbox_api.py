"""Docs v1 as the sandbox answers it: get, create and batchUpdate, with Google's error bodies."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.google_docs.sandbox_accounts import Account
from connectors.google_docs.sandbox_comments import KINDS, thread, without_anchors
from connectors.google_docs.sandbox_document import TAB_FIELDS, Json, Refusal
from connectors.google_docs.sandbox_schema import BadMask, BadPayload, schema, snake
from connectors.google_docs.sandbox_store import Gone, Snapshot, Store
from connectors.google_docs.sandbox_suggestions import preview

STANDARD_QUERY = frozenset(
    {"$.xgafv", "access_token", "alt", "callback", "fields", "key", "oauth_token", "prettyPrint", "quotaUser"}
    | {"uploadType", "upload_protocol"}
)
BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"
INLINE, INCLUDED = "SUGGESTIONS_INLINE", "COMMENTS_VIEW_MODE_INCLUDED"
VIEWS = {
    "suggestionsViewMode": (
        "DEFAULT_FOR_CURRENT_ACCESS",
        INLINE,
        "PREVIEW_SUGGESTIONS_ACCEPTED",
        "PREVIEW_WITHOUT_SUGGESTIONS",
    ),
    "commentsViewMode": (
        "COMMENTS_VIEW_MODE_UNSPECIFIED",
        "COMMENTS_VIEW_MODE_DEFAULT_FOR_CURRENT_ACCESS",
        "COMMENTS_VIEW_MODE_OMITTED",
        "COMMENTS_VIEW_MODE_INCLUDED",
    ),
}


class ApiError(Exception):
    """An answer that is an error. ``reason`` is Drive's word for it, ``status`` that of the newer APIs."""

    def __init__(
        self, code: int, status: str, message: str, *, reason: str = "", details: list[Json] | None = None
    ) -> None:
        super().__init__(message)
        self.code, self.status, self.message = code, status, message
        self.reason = reason or status.lower()
        self.details = details or []
        self.headers: dict[str, str] = {}

    def body(self, drive: bool = False) -> Json:
        """The error as Google writes it; Drive keeps its older form."""
        error: Json = {"code": self.code, "message": self.message}
        if drive:
            error["errors"] = [{"message": self.message, "domain": "global", "reason": self.reason}]
        else:
            error["status"] = self.status
        if self.details:
            error["details"] = self.details
        return {"error": error}


@dataclass(slots=True)
class Call:
    """One call that got past the door. ``part`` names a thing of the document, such as a comment; ``requests`` and
    ``committed`` are filled in for the journal.
    """

    operation: str
    document: str | None
    query: Mapping[str, str]
    body: Any
    account: Account
    requests: tuple[str, ...] = ()
    committed: bool = False
    extra: str | None = None
    part: str = ""


def invalid(message: str, details: list[Json] | None = None) -> ApiError:
    return ApiError(400, "INVALID_ARGUMENT", message, reason="badRequest", details=details)


def forbidden() -> ApiError:
    return ApiError(403, "PERMISSION_DENIED", "The caller does not have permission", reason="forbidden")


@dataclass(slots=True)
class DocsApi:
    """The Docs half. ``check_replies`` holds every reply against the schema; ``violations`` keeps what does not fit."""

    store: Store
    check_replies: bool = False
    violations: list[str] = field(default_factory=list)

    def get(self, call: Call) -> bytes:
        """``documents.get``: the whole document, or its first tab in the fields of old."""
        check_query(call, {"includeTabsContent", "suggestionsViewMode", "commentsViewMode"})
        with_tabs = _flag(call, "includeTabsContent")
        view = _choice(call, "suggestionsViewMode")
        comments = _choice(call, "commentsViewMode")
        if "commentsViewMode" in call.query and not with_tabs:
            raise invalid("Comments view mode may only be specified if tabs content is also requested.")
        snapshot = self._visible(call)
        can_write = call.account.access == "write"
        may_comment = call.account.access in ("write", "comment")
        asked = comments in (INCLUDED, "COMMENTS_VIEW_MODE_DEFAULT_FOR_CURRENT_ACCESS")
        if asked and self.store.commenting == "refused":
            # What a project without comments gets is not published; a parameter it does not know is a 400.
            raise invalid("Unsupported comments view mode.")
        if (comments == INCLUDED and view != INLINE) or (asked and view.startswith("PREVIEW")):
            raise invalid("Comments view mode is not supported with this suggestions view mode.")
        if (view == INLINE or comments == INCLUDED) and not may_comment:
            raise forbidden()
        if view == "DEFAULT_FOR_CURRENT_ACCESS":
            view = INLINE if may_comment else "PREVIEW_WITHOUT_SUGGESTIONS"
        viewer = call.account.email.partition("@")[0] if asked and may_comment else None
        key = (with_tabs, view, can_write, viewer, call.query.get("fields"))
        if key not in snapshot.rendered:
            reply = _document(snapshot, with_tabs, view, can_write, viewer)
            snapshot.rendered[key] = self.answer("Document", reply, call)
        return snapshot.rendered[key]

    def create(self, call: Call) -> bytes:
        """``documents.create``: a blank document. Of what is sent only the title counts."""
        check_query(call, set())
        self._may_write(call)
        sent = self.parse("Document", call.body)
        made = self.store.create(sent.get("title") or "Untitled document", by=call.account.email)
        call.document, call.committed = made.id, True
        return self.answer("Document", _document(made, False, INLINE, True), call)

    def batch_update(self, call: Call) -> bytes:
        """``documents.batchUpdate``: every request or none."""
        check_query(call, set())
        sent = self.parse("BatchUpdateDocumentRequest", call.body)
        self._visible(call)
        self._may_write(call)
        requests = sent.get("requests", [])
        call.requests = tuple(next(iter(request), "") for request in requests)
        control = sent.get("writeControl", {})
        if not requests:
            raise invalid("Must specify at least one request.")
        suggested: list[Json] | None = [] if control.get("writeMode") == "SUGGEST" else None
        if suggested is not None and self.store.suggesting == "refused":
            raise invalid("Unsupported WriteControl mode.")
        comments = bool(set(call.requests) & set(KINDS))
        if comments and self.store.commenting == "refused":
            raise invalid("Comment requests are not supported.")
        if self.store.suggesting == "ignored":
            suggested = None

        def check(old: Snapshot) -> None:
            # The live API's words for a stale revision are not published. A target revision is taken while it is the
            # latest; an older one gets the documented refusal, as nothing here merges.
            wanted = control.get("requiredRevisionId") or control.get("targetRevisionId")
            if wanted and wanted != old.revision:
                which = "required" if "requiredRevisionId" in control else "target"
                raise Refusal(f"The {which} revision ID is not the latest revision of the document.")

        assert call.document is not None
        try:
            new, replies = self.store.write(
                call.document, requests, by=call.account.email, check=check, suggested=suggested
            )
        except Refusal as refusal:
            raise invalid(str(refusal)) from None
        except Gone:
            raise not_found() from None
        call.committed = True
        reply = {"documentId": new.id, "replies": replies, "writeControl": {"requiredRevisionId": new.revision}}
        if suggested is not None:
            reply["suggestionResponses"] = suggested
        if comments:
            saved = self.store.commenting == "on"
            reply["commentUpdateState"] = "ALL_SAVED" if saved else "ALL_FAILED_UNKNOWN_REASON"
        return self.answer("BatchUpdateDocumentResponse", reply, call)

    def parse(self, name: str, body: Any, api: str = "docs.v1") -> Json:
        """The body, checked against the schema."""
        try:
            return schema(api).parse(name, {} if body is None else body)
        except BadPayload as bad:
            fields = [{"field": path, "description": text} for path, text in bad.violations]
            raise invalid(str(bad), [{"@type": BAD_REQUEST, "fieldViolations": fields}]) from None

    def answer(self, name: str, reply: Json, call: Call, api: str = "docs.v1", mask: str | None = None) -> bytes:
        """The reply as bytes, cut to the ``fields`` mask (or to ``mask`` when the caller gave none)."""
        if self.check_replies and (problems := schema(api).problems(name, reply)):
            self.violations.extend(problems)
            raise ApiError(500, "INTERNAL", "The sandbox made a reply that is not in the schema.")
        if wanted := call.query.get("fields") or mask:
            try:
                reply = schema(api).select(name, reply, wanted)
            except BadMask as bad:
                raise invalid(str(bad)) from None
        return json.dumps(reply, ensure_ascii=False, separators=(",", ":")).encode()

    def _visible(self, call: Call) -> Snapshot:
        if call.account.access == "none":
            raise forbidden()
        try:
            if call.account.access == "hidden" or call.document is None:
                raise Gone
            return self.store.get(call.document)
        except Gone:
            raise not_found() from None

    @staticmethod
    def _may_write(call: Call) -> None:
        if not call.account.scoped:
            message = "Request had insufficient authentication scopes."
            info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "domain": "googleapis.com"}
            details = [{**info, "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT"}]
            raise ApiError(403, "PERMISSION_DENIED", message, reason="insufficientPermissions", details=details)
        if call.account.access != "write":
            raise forbidden()


def not_found() -> ApiError:
    return ApiError(404, "NOT_FOUND", "Requested entity was not found.", reason="notFound")


def check_query(call: Call, known: set[str]) -> None:
    """Refuse a query parameter nobody knows, in the measured words."""
    for name in call.query:
        if name not in known and name not in STANDARD_QUERY:
            raise invalid(
                f'Invalid JSON payload received. Unknown name "{name}": Cannot bind query parameter. '
                f"Field '{name}' could not be found in request message."
            )


def _flag(call: Call, name: str) -> bool:
    value = call.query.get(name, "false").lower()
    if value not in ("true", "false", "1", "0"):
        raise invalid(f"Invalid value at '{snake(name)}' (TYPE_BOOL), {json.dumps(call.query[name])}")
    return value in ("true", "1")


def _choice(call: Call, name: str) -> str:
    value = call.query.get(name, VIEWS[name][0])
    if value not in VIEWS[name]:
        kind = name[0].upper() + name[1:]
        where = f"(type.googleapis.com/google.apps.docs.v1.{kind})"
        raise invalid(f"Invalid value at '{snake(name)}' {where}, {json.dumps(value)}")
    return value


def _document(snapshot: Snapshot, with_tabs: bool, view: str, can_write: bool, viewer: str | None = None) -> Json:
    """The document as it is shown; with its comments if ``viewer``, who may see them, asked for them."""
    reply: Json = {**snapshot.rest, "title": snapshot.title, "documentId": snapshot.id, "suggestionsViewMode": view}
    reply.pop("revisionId", None)
    if can_write:
        reply["revisionId"] = snapshot.revision
    tabs = snapshot.tabs if view == INLINE else preview(snapshot.tabs, view == "PREVIEW_SUGGESTIONS_ACCEPTED")
    if viewer is None:
        tabs = without_anchors(tabs)
    else:
        reply["commentsViewMode"] = INCLUDED
        reply["comments"] = [thread(one, viewer) for one in snapshot.comments]
    if with_tabs:
        reply["tabs"] = tabs
    else:
        inside = tabs[0]["documentTab"]
        reply.update({key: inside[key] for key in TAB_FIELDS if key in inside})
    return reply
