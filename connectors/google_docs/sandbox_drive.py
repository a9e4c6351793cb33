"""Drive v3 as far as a document's neighbourhood goes: file, folder listing, comments, who am I."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from connectors.google_docs.sandbox_api import ApiError, Call, DocsApi, check_query, forbidden, invalid
from connectors.google_docs.sandbox_comments import moment
from connectors.google_docs.sandbox_comments import new as new_comment
from connectors.google_docs.sandbox_document import Json
from connectors.google_docs.sandbox_store import Gone, Snapshot, Store

DOCUMENT = "application/vnd.google-apps.document"
FOLDER = "application/vnd.google-apps.folder"
COMMON = {"supportsAllDrives", "supportsTeamDrives", "includeLabels", "includePermissionsForView"}
LISTING = {
    "corpora",
    "corpus",
    "driveId",
    "includeItemsFromAllDrives",
    "includeTeamDriveItems",
    "teamDriveId",
    "spaces",
}
FILE_MASK = "kind,id,name,mimeType"
LIST_MASK = f"kind,incompleteSearch,nextPageToken,files({FILE_MASK})"
_TERM = re.compile(
    r"^(?:'(?P<parent>[^']+)' in (?P<list>parents|owners|writers)"
    r"|(?P<field>\w+)\s*(?P<op>>=|<=|!=|=|<|>|contains)\s*(?:'(?P<text>(?:[^'\\]|\\.)*)'|(?P<word>true|false)))$"
)


@dataclass(slots=True)
class DriveApi:
    """The Drive half. It shares the schema checks of the Docs half."""

    store: Store
    docs: DocsApi
    url: Callable[[], str]

    def about(self, call: Call) -> bytes:
        """``about.get``: who the token belongs to."""
        check_query(call, set())
        self._need_fields(call)
        user = _user(call.account.email, me=True)
        return self.docs.answer("About", {"kind": "drive#about", "user": user}, call, "drive.v3")

    def file(self, call: Call) -> bytes:
        """``files.get``: a document or a folder. Without ``fields`` only kind, id, name and mimeType come back."""
        check_query(call, COMMON | {"acknowledgeAbuse"})
        if call.query.get("alt") == "media":
            message = "Only files with binary content can be downloaded. Use Export with Docs Editors files."
            raise ApiError(403, "PERMISSION_DENIED", message, reason="fileNotDownloadable")
        wanted = call.document or ""
        if wanted in self._folders() and call.account.access not in ("none", "hidden"):
            folder = {"kind": "drive#file", "id": wanted, "name": wanted, "mimeType": FOLDER, "trashed": False}
            return self.docs.answer("File", folder, call, "drive.v3", FILE_MASK)
        return self.docs.answer("File", self._file(self._visible(call), call), call, "drive.v3", FILE_MASK)

    def files(self, call: Call) -> bytes:
        """``files.list``: the documents a query names, in pages."""
        check_query(call, COMMON | LISTING | {"orderBy", "pageSize", "pageToken", "q"})
        files = []
        if call.account.access not in ("none", "hidden"):
            files = [self._file(snapshot, call) for snapshot in self.store.all()]
        for term in filter(None, re.split(r"\s+and\s+", call.query.get("q", "").strip())):
            keep = _filter(term)
            files = [one for one in files if keep(one)]
        for key in reversed([key for key in call.query.get("orderBy", "").split(",") if key]):
            name, _, direction = key.strip().partition(" ")
            if name not in ("createdTime", "modifiedTime", "name"):
                raise _bad_value("orderBy")
            files.sort(key=lambda one, by=name: one[by], reverse=direction == "desc")
        size, start = _number(call, "pageSize", 100), _number(call, "pageToken", 0)
        reply: Json = {"kind": "drive#fileList", "incompleteSearch": False, "files": files[start : start + size]}
        if start + size < len(files):
            reply["nextPageToken"] = str(start + size)
        return self.docs.answer("FileList", reply, call, "drive.v3", LIST_MASK)

    def delete(self, call: Call) -> bytes:
        """``files.delete``: gone for good, past the bin; answered with nothing."""
        check_query(call, COMMON | {"enforceSingleParent"})
        snapshot = self._visible(call)
        if call.account.access != "write":
            raise forbidden()
        self.store.delete(snapshot.id)
        call.committed = True
        return b""

    def comments(self, call: Call) -> bytes:
        """``comments.list``. ``fields`` is mandatory."""
        check_query(call, {"includeDeleted", "pageSize", "pageToken", "startModifiedTime"})
        self._need_fields(call)
        since = call.query.get("startModifiedTime", "")
        found = [_seen_by(one, call) for one in self._visible(call).comments if one["modifiedTime"] >= since]
        reply = {"kind": "drive#commentList", "comments": found}
        return self.docs.answer("CommentList", reply, call, "drive.v3")

    def comment(self, call: Call) -> bytes:
        """``comments.create``. ``fields`` is mandatory."""
        check_query(call, set())
        self._need_fields(call)
        snapshot = self._visible(call)
        self._may_comment(call)
        sent = self.docs.parse("Comment", call.body, "drive.v3")
        if not sent.get("content"):
            raise invalid("Comment content must not be empty.")
        # Documented: a comment's author comes without e-mail address and permission id.
        author = {"kind": "drive#user", "displayName": _user(call.account.email, me=True)["displayName"]}
        kept = {key: sent[key] for key in ("anchor", "quotedFileContent") if key in sent}
        made = new_comment(sent["content"], author, moment(time.time()), **kept)
        self.store.comment(snapshot.id, made)
        call.committed = True
        return self.docs.answer("Comment", _seen_by(made, call), call, "drive.v3")

    def one_comment(self, call: Call) -> bytes:
        """``comments.get``. ``fields`` is mandatory."""
        check_query(call, {"includeDeleted"})
        self._need_fields(call)
        return self.docs.answer("Comment", _seen_by(self._comment(call), call), call, "drive.v3")

    def reply(self, call: Call) -> bytes:
        """``replies.create``: an answer, which may resolve or reopen the comment. ``fields`` is mandatory."""
        check_query(call, set())
        self._need_fields(call)
        comment = self._comment(call)
        self._may_comment(call)
        sent = self.docs.parse("Reply", call.body, "drive.v3")
        content, action = sent.get("content", ""), sent.get("action")
        if action not in (None, "resolve", "reopen") or not (content or action):
            raise _bad_value("action")
        assert call.document is not None
        by = call.account.email
        made = self.store.answer_comment(call.document, comment["id"], content, by=by, action=action)
        call.committed = True
        return self.docs.answer("Reply", made, call, "drive.v3")

    def delete_comment(self, call: Call) -> bytes:
        """``comments.delete``: answered with nothing. Only its author may."""
        check_query(call, set())
        comment = self._comment(call)
        if comment["author"]["displayName"] != call.account.email.partition("@")[0]:
            raise forbidden()
        assert call.document is not None
        self.store.delete_comment(call.document, call.part)
        call.committed = True
        return b""

    def _visible(self, call: Call) -> Snapshot:
        try:
            if call.account.access in ("none", "hidden"):
                raise Gone
            return self.store.get(call.document or "")
        except Gone:
            raise ApiError(404, "NOT_FOUND", f"File not found: {call.document}.", reason="notFound") from None

    def _comment(self, call: Call) -> Json:
        for one in self._visible(call).comments:
            if one["id"] == call.part:
                return one
        raise ApiError(404, "NOT_FOUND", f"Comment not found: {call.part}.", reason="notFound")

    @staticmethod
    def _may_comment(call: Call) -> None:
        if call.account.access not in ("write", "comment"):
            raise forbidden()

    def _folders(self) -> set[str]:
        return {parent for snapshot in self.store.all() for parent in snapshot.parents}

    def _file(self, snapshot: Snapshot, call: Call) -> Json:
        can_write = call.account.access == "write"
        return {
            "kind": "drive#file",
            "id": snapshot.id,
            "name": snapshot.title,
            "mimeType": DOCUMENT,
            "trashed": snapshot.trashed,
            "explicitlyTrashed": snapshot.trashed,
            "parents": list(snapshot.parents),
            "createdTime": moment(snapshot.created),
            "modifiedTime": moment(snapshot.modified),
            "version": str(snapshot.writes + 1),
            "webViewLink": f"{self.url()}/document/d/{snapshot.id}/edit",
            "lastModifyingUser": _user(snapshot.modified_by, me=snapshot.modified_by == call.account.email),
            "capabilities": {
                "canEdit": can_write,
                "canComment": call.account.access in ("write", "comment"),
                "canModifyContent": can_write,
                "canReadRevisions": can_write,
                "canTrash": can_write,
                "canCopy": True,
                "canDownload": True,
            },
        }

    @staticmethod
    def _need_fields(call: Call) -> None:
        if not call.query.get("fields"):
            message = "The 'fields' parameter is required for this method."
            raise ApiError(400, "INVALID_ARGUMENT", message, reason="required")


def _filter(term: str) -> Callable[[Json], bool]:
    """One term of a Drive query as a test on a file."""
    hit = _TERM.match(term.strip().strip("()"))
    if hit is None:
        raise _bad_value("q")
    if hit["parent"]:
        if hit["list"] != "parents":
            return lambda _: True
        return lambda one: hit["parent"] in one["parents"]
    name, op = hit["field"], hit["op"]
    if name not in ("name", "mimeType", "trashed", "createdTime", "modifiedTime"):
        raise _bad_value("q")
    wanted = hit["word"] == "true" if hit["word"] else re.sub(r"\\(.)", r"\1", hit["text"])
    if name.endswith("Time"):
        wanted = _moment(str(wanted))
    tests: dict[str, Callable[[object, object], bool]] = {
        "=": lambda a, b: a == b,
        "!=": lambda a, b: a != b,
        "<": lambda a, b: a < b,  # type: ignore[operator]
        "<=": lambda a, b: a <= b,  # type: ignore[operator]
        ">": lambda a, b: a > b,  # type: ignore[operator]
        ">=": lambda a, b: a >= b,  # type: ignore[operator]
        "contains": lambda a, b: str(b).lower() in str(a).lower(),
    }
    if name.endswith("Time"):
        return lambda one: tests[op](_moment(one[name]), wanted)
    return lambda one: tests[op](one[name], wanted)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _bad_value("q") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _number(call: Call, name: str, default: int) -> int:
    value = call.query.get(name, str(default))
    if not value.isdigit():
        raise _bad_value(name)
    return int(value)


def _bad_value(name: str) -> ApiError:
    return ApiError(400, "INVALID_ARGUMENT", f"Invalid Value: {name}", reason="invalid")


def _seen_by(comment: Json, call: Call) -> Json:
    """A comment as it is shown to the account that asks."""
    author = comment["author"]
    return {**comment, "author": {**author, "me": author["displayName"] == call.account.email.partition("@")[0]}}


def _user(email: str, me: bool) -> Json:
    name = email.partition("@")[0]
    return {
        "kind": "drive#user",
        "displayName": name,
        "emailAddress": email,
        "me": me,
        "permissionId": str(int.from_bytes(email.encode()[:8].ljust(8, b"0"), "big")),
    }
