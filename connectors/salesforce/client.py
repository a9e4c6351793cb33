"""Goes out to Salesforce: simple_salesforce's calls over the guarded HTTP client, with errors in the hub's words."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from connectors.salesforce import batches, ids
from connectors.salesforce.describe import Described, described
from connectors.salesforce.refusals import About, Taken, two_records
from connectors.salesforce.settings import SalesforceSettings
from connectors.salesforce.sign_in import SignIn
from connectors.salesforce.transport import Door, Session, Transport
from connectors.salesforce.usage import Usage
from hub.sdk import Connection, InlayError, Json, Unavailable, VendorRefused

if TYPE_CHECKING:
    from simple_salesforce.api import Salesforce, SFType

#: For how many seconds a description of an object is kept.
KEPT = 3600.0
_NEXT_PAGE = re.compile(r"/services/data/v[0-9.]{1,6}/query(?:All)?/[0-9A-Za-z_-]{1,200}", re.ASCII)
#: Stands where simple_salesforce wants a session; the transport puts the real one in its place.
_PLACEHOLDER = "the-transport-writes-the-token"
_MEMORY = "salesforce.client"


def client_of(connection: Connection) -> Client:
    """The connection's one client, made when it is first asked for."""
    kept = connection.memory.get(_MEMORY)
    return kept if kept is not None else connection.memory.setdefault(_MEMORY, Client(connection))


class Client:
    """The org of one connection. Safe to share between threads.

    Every method that goes out raises NeedsPermission, TargetGone, RateLimited, OutOfQuota, Unavailable, Conflict or
    VendorRefused, and BadRequest for an id or a name that is none, before anything leaves.

    Args:
        share: in place of the setting api_share; 1 for a check that has to work past the share too.
    """

    def __init__(
        self, connection: Connection, *, share: float | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings: SalesforceSettings = connection.settings
        self._clock = clock
        self._door = Door(self._settings, connection.http.request)
        self._sign_in = SignIn(self._settings, self._door)
        self._lock = threading.Lock()
        self._opened: Salesforce | None = None
        self._described: dict[str, tuple[float, Described]] = {}
        #: How much of the org's daily calls is used, by the last answer.
        self.usage = Usage(
            self._settings.api_share if share is None else share, clock, self._settings.quota_wait_seconds
        )

    def sign_in(self) -> None:
        """Sign in, if that has not happened yet."""
        self._sign_in.session()

    def query(self, template: str, *values: Any, deleted: bool = False) -> list[Json]:
        """The records a query finds, every page of them. ``{}`` in the template stands for a value, which is quoted.

        Args:
            deleted: look in the Recycle Bin too.
        """
        from simple_salesforce.format import format_soql

        if ":literal" in template or any(isinstance(one, datetime) and one.tzinfo is None for one in values):
            raise ValueError("a query takes quoted values only, and times with their zone")
        answer = self._salesforce.query(format_soql(template, *values), include_deleted=deleted)
        found, pages = [*_records(answer)], set()
        while not answer.get("done", True):
            page = answer.get("nextRecordsUrl")
            if not isinstance(page, str) or not _NEXT_PAGE.fullmatch(page) or page in pages:
                raise Unavailable("Salesforce named a next page of a query that is none.")
            pages.add(page)
            answer = self._salesforce.query_more(page, identifier_is_url=True)
            found += _records(answer)
        return found

    def records(self, object: str, wanted: Iterable[str], fields: Sequence[str]) -> list[Json]:
        """The records with these ids, in no order; those that are gone or not to be seen are missing."""
        prefix = self._prefix(ids.object_name(object))
        whole = list(dict.fromkeys(ids.record_id(one, prefix) for one in wanted))
        names = ", ".join(dict.fromkeys(("Id", *map(ids.field_path, fields))))
        found: list[Json] = []
        for start in range(0, len(whole), batches.ROWS):
            found += self.query(f"SELECT {names} FROM {object} WHERE Id IN {{}}", whole[start : start + batches.ROWS])
        return found

    def record(self, object: str, record: str, fields: Sequence[str]) -> Json:
        """One record by its id."""
        names = ",".join(dict.fromkeys(("Id", *map(ids.field_path, fields))))
        answer = self._of(object).get(self._id(object, record), params={"fields": names})
        return _plain(answer)

    def describe(self, object: str) -> Described:
        """The object as this user sees it, kept for an hour."""
        name = ids.object_name(object)
        kept = self._described.get(name)
        if kept is None or self._clock() - kept[0] > KEPT:
            kept = self._described[name] = (self._clock(), described(self._of(name).describe()))
        return kept[1]

    def forget(self, object: str) -> None:
        """Describe the object anew when it is next asked for: it may have been changed."""
        self._described.pop(object, None)

    def upsert(self, object: str, external_field: str, key: str, fields: Mapping[str, Any]) -> tuple[str, bool]:
        """Write the record with this key, making it if there is none: its id, and whether it was made."""
        from simple_salesforce.format import format_external_id

        where = format_external_id(ids.field_name(external_field), ids.external_key(key))
        body = _body(fields, external_field)
        send = lambda: self._of(object).upsert(where, body, raw_response=True)  # noqa: E731
        try:
            try:
                reply = send()
            except Taken:
                # Two first writes of one key can meet: the second is told that its own value is taken.
                reply = send()
        except VendorRefused as error:
            raise self._doubled(error, object, external_field, key) from None
        told = _json(reply.content) if reply.content else {}
        if reply.status_code == 204 or not isinstance(told.get("id"), str):
            return self._by_key(object, external_field, key)[0], False
        return told["id"], bool(told.get("created", reply.status_code == 201))

    def upsert_many(
        self, object: str, external_field: str, rows: Sequence[Mapping[str, Any]]
    ) -> list[tuple[str, bool] | InlayError]:
        """The same for many rows, each with its key in it, 200 a call; one answer a row, in the same order."""
        path = f"composite/sobjects/{ids.object_name(object)}/{ids.field_name(external_field)}"

        def row(one: Mapping[str, Any]) -> Json:
            ids.external_value(one.get(external_field))
            return _body(one)

        answers = self._many(path, object, "key", rows, row)
        again = [at for at, one in enumerate(answers) if isinstance(one, Taken)]
        repeated = self._many(path, object, "key", [rows[at] for at in again], row)
        for at, one in zip(again, repeated, strict=True):
            answers[at] = one
        return [one if isinstance(one, InlayError) else (one["id"], bool(one.get("created"))) for one in answers]

    def update(
        self, object: str, record: str, fields: Mapping[str, Any], *, unchanged_since: datetime | None = None
    ) -> None:
        """Write fields of one record; with ``unchanged_since`` only if nobody changed it after that (Conflict)."""
        headers = {}
        if unchanged_since is not None:
            headers["If-Unmodified-Since"] = format_datetime(unchanged_since.astimezone(UTC), usegmt=True)
        self._of(object).update(self._id(object, record), _body(fields), headers=headers)

    def update_many(self, object: str, rows: Sequence[Mapping[str, Any]]) -> list[str | InlayError]:
        """Write fields of many records, each row with its Id, 200 a call; one answer a row: its id, or its error."""
        prefix = self._prefix(ids.object_name(object))

        def row(one: Mapping[str, Any]) -> Json:
            rest = {name: value for name, value in one.items() if name != "Id"}
            return {"Id": ids.record_id(one.get("Id"), prefix), **_body(rest)}

        answers = self._many("composite/sobjects", object, "record", rows, row)
        return [one if isinstance(one, InlayError) else one["id"] for one in answers]

    def delete(self, object: str, record: str) -> None:
        """Put one record into the Recycle Bin."""
        self._of(object).delete(self._id(object, record))

    def organization(self) -> Json:
        """The org's Id, Name, IsSandbox, OrganizationType and InstanceName."""
        names = "Id, Name, IsSandbox, OrganizationType, InstanceName"
        found = self.query(f"SELECT {names} FROM Organization LIMIT 1")
        if not found:
            raise Unavailable("Salesforce does not tell which org it is.")
        return found[0]

    def limits(self) -> Json:
        """The org's limits, each with Max and Remaining, such as DailyApiRequests."""
        return _plain(self._salesforce.limits())

    @property
    def _salesforce(self) -> Salesforce:
        with self._lock:
            if self._opened is None:
                # Imported here: with zeep it takes a quarter of a second, which start-up does not wait for.
                from simple_salesforce.api import Salesforce

                session: Any = Session(Transport(self._door, self._sign_in, self.usage).answer)
                self._opened = Salesforce(
                    session_id=_PLACEHOLDER,
                    instance=self._settings.domain,
                    version=self._settings.api_version,
                    session=session,
                    object_pairs_hook=dict,
                )
            return self._opened

    def _of(self, object: str) -> SFType:
        from simple_salesforce.api import SFType

        # Not as an attribute: there, names such as "bulk" or "query" mean something else.
        return SFType(
            ids.object_name(object),
            _PLACEHOLDER,
            self._settings.domain,
            sf_version=self._settings.api_version,
            session=self._salesforce.session,
            object_pairs_hook=dict,
        )

    def _prefix(self, object: str) -> str:
        """What the object's ids begin with, as far as that is known without a call."""
        kept = self._described.get(object)
        return ids.PREFIXES.get(object) or (kept[1].prefix if kept else "")

    def _id(self, object: str, record: str) -> str:
        return ids.record_id(record, self._prefix(object))

    def _by_key(self, object: str, field: str, key: str) -> list[str]:
        found = self.query(f"SELECT Id FROM {object} WHERE {field} = {{}} LIMIT 5", key)
        return [one["Id"] for one in found]

    def _doubled(self, error: VendorRefused, object: str, field: str, key: str) -> VendorRefused:
        """GuardedHttp takes 300 for a redirect, which is how Salesforce says that two records have the key."""
        if "redirect" not in error.what:
            return error
        found = self._by_key(object, field, key)
        return two_records(found) if len(found) > 1 else error

    def _many(
        self, path: str, object: str, about: About, rows: Sequence[Mapping[str, Any]], body: batches.Body
    ) -> list[Json | InlayError]:
        def send(data: str) -> Any:
            return self._salesforce.restful(path, method="PATCH", data=data)

        return batches.write(send, object, about, rows, body)


def _body(fields: Mapping[str, Any], *without: str) -> dict[str, Any]:
    """Fields to write, their names checked. A record's id and kind stand in the address, never among them."""
    for name in fields:
        ids.field_name(name)
    barred = {"Id", "attributes", *without} & set(fields)
    if barred:
        raise ValueError(f"{', '.join(sorted(barred))} is no field to write")
    return dict(fields)


def _records(answer: Any) -> Iterator[Json]:
    records = answer.get("records") if isinstance(answer, dict) else None
    if not isinstance(records, list):
        raise Unavailable("Salesforce answered a query in a form that is not its API's.")
    return (_plain(one) for one in records)


def _plain(value: Any) -> Any:
    """A record without ``attributes``, in which Salesforce repeats its kind and address; the same within."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items() if name != "attributes"}
    return [_plain(one) for one in value] if isinstance(value, list) else value


def _json(body: bytes) -> Json:
    try:
        told = json.loads(body)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise Unavailable("Salesforce answered a write in a form that is not its API's.")
    return told
