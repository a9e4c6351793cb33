"""Where in an org a draft belongs: reads the address of a target and names the record it means."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from connectors.salesforce import ids
from connectors.salesforce.client import client_of
from connectors.salesforce.settings import SalesforceSettings
from hub.sdk import BadRequest, Connection, Json

REQUEST, OUTPUT = "AI_Request__c", "AI_Output__c"
#: The records people work on.
SUBJECTS = ("Campaign", "Lead", "Opportunity", "Contact")
WAYS = ("output", "task", "field")
_FIELDS = frozenset({"record", "request", "as", "field"})
#: A record's page as a browser shows it, with or without the object's name; and the short address of old.
_PAGE = re.compile(
    r"/lightning/r/(?:(?P<object>[A-Za-z][A-Za-z0-9_]{0,79})/)?(?P<id>[0-9A-Za-z]{15,18})/view/?"
    r"|/(?P<short>[0-9A-Za-z]{15,18})/?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Address:
    """A target's ``at``, checked. ``request`` is empty where nobody asked by a request record; ``field`` is a field of
    the record where the draft goes into one."""

    object: str
    record: str
    request: str = ""
    way: str = "output"
    field: str = ""


def address(connection: Connection, at: Json) -> Address:
    """The address, checked. For a record that is not Salesforce's own kind the org is asked once an hour.

    Raises:
        BadRequest: a field is missing, unknown or ill-formed, or the place is not open to drafts; the message names it.
        NeedsPermission, TryLater, VendorRefused: the org cannot be asked.
    """
    settings: SalesforceSettings = connection.settings
    check(at)
    named, record = _record(settings, at.get("record"))
    object = _object(connection, record)
    if named and named != object:
        raise _bad("the address of the record's page names another object than its id")
    way = at.get("as") or "output"
    if way not in WAYS:
        raise _bad("as is output, task or field")
    field = at.get("field") or ""
    if bool(field) != (way == "field"):
        raise _bad("field names the record's field for as: field, and is left out otherwise")
    if way == "field":
        _open_field(settings, object, ids.field_name(field))
    if way == "task":
        _open_task(settings, object)
    return Address(object, record, _request(connection, at), way, field)


def check(at: Json) -> None:
    """Whether the address has the fields it may have; the rest takes the org.

    Raises:
        BadRequest: one is missing or unknown.
    """
    unknown = sorted(set(at) - _FIELDS)
    if unknown:
        raise _bad(f"it has no field {unknown[0][:40]!r}")
    if not isinstance(at.get("record"), str):
        raise _bad("record is the record's id, or the address of its page")


def url(connection: Connection, record: str, object: str = "") -> str:
    """Where a person opens the record; a sandbox shows its records at its own address."""
    whole = ids.record_id(record)
    settings: SalesforceSettings = connection.settings
    root = settings.sandbox_root or f"https://{settings.domain}"
    name = ids.object_name(object) if object else _own(whole)
    return f"{root}/lightning/r/{name}/{whole}/view" if name else f"{root}/{whole}"


def record(connection: Connection, given: str) -> str:
    """The id of the record that an id or the address of its page names, in its 18-character form.

    Raises:
        BadRequest: it names none of this connection's org.
    """
    return _record(connection.settings, given)[1]


def own_hosts(settings: SalesforceSettings) -> frozenset[str]:
    """The hosts a person may copy a record's address from: the org's API host, its pages' host, and the stand-in's."""
    pages = settings.domain.removesuffix(".my.salesforce.com") + ".lightning.force.com"
    here = urlsplit(settings.sandbox_root).netloc.lower()
    return frozenset(filter(None, (settings.domain, pages, here)))


def _record(settings: SalesforceSettings, given: object) -> tuple[str, str]:
    """The object's name, if an address says it, and the record's id."""
    if not isinstance(given, str) or not given.strip() or len(given) > 2000:
        raise _bad("record is the record's id, or the address of its page")
    given = given.strip()
    if "/" not in given:
        return "", ids.record_id(given)
    try:
        parts = urlsplit(given)
    except ValueError:
        parts = urlsplit("")
    found = _PAGE.fullmatch(parts.path)
    # The whole place of the host is compared: a name, a password or another port in it makes it another.
    if parts.scheme not in ("http", "https") or parts.netloc.lower() not in own_hosts(settings) or not found:
        raise _bad("record is no address of a record's page in this connection's org")
    return found["object"] or "", ids.record_id(found["id"] or found["short"])


def _object(connection: Connection, record: str) -> str:
    own = _own(record)
    if own in SUBJECTS:
        return own
    # Custom objects' ids begin with an "a" and two characters each org picks itself.
    if record.startswith("a"):
        client = client_of(connection)
        for name in (REQUEST, OUTPUT):
            prefix = client.describe(name).prefix
            if prefix and record.startswith(prefix):
                return name
    raise BadRequest(
        "Inlay does not work on this kind of Salesforce record.",
        why="It works on campaigns, leads, opportunities and contacts, and on AI requests and outputs.",
        instead="Choose a campaign, lead, opportunity or contact.",
    )


def _own(record: str) -> str:
    prefixes: Mapping[str, str] = {prefix: name for name, prefix in ids.PREFIXES.items()}
    return prefixes.get(record[:3], "")


def _request(connection: Connection, at: Json) -> str:
    given = at.get("request")
    if given in (None, ""):
        return ""
    return ids.record_id(given, client_of(connection).describe(REQUEST).prefix)


def _open_field(settings: SalesforceSettings, object: str, field: str) -> None:
    if f"{object}.{field}" not in settings.record_fields:
        raise BadRequest(
            f"Drafts are not written into {object}.{field}.",
            why="The connection's settings do not list it under record_fields.",
            instead="Leave the draft as an AI Output record, or ask an admin to list the field.",
            who="an admin",
        )


def _open_task(settings: SalesforceSettings, object: str) -> None:
    if not settings.tasks:
        raise BadRequest(
            "This connection leaves no drafts as tasks.",
            why="Its setting tasks is off.",
            instead="Leave the draft as an AI Output record, or ask an admin to switch tasks on.",
            who="an admin",
        )
    if object not in SUBJECTS:
        raise _bad("a task belongs to a campaign, lead, opportunity or contact")


def _bad(what: str) -> BadRequest:
    return BadRequest(f"The address of the place in Salesforce is wrong: {what}.", instead="Correct it and ask again.")
