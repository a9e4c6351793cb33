"""Reads AI requests, many in one query with the records they are about, and puts them into the hub's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.salesforce import records
from connectors.salesforce.client import client_of
from hub.sdk import Actor, Connection, Ignored, Json, Notice, Request, Target, Trigger

_OWN = (
    *("Id", "Template__c", "Instructions__c", "Team__c", "Status__c", "SystemModstamp", "CreatedBy.Email"),
    *(kind.lookup for kind in records.KINDS),
)
#: What a query for requests selects.
SELECT = ", ".join((*_OWN, *records.paths()))


def look_up(connection: Connection, notices: Sequence[Notice]) -> Sequence[Request | Ignored]:
    """See ``Connector.look_up``: one query for all of them."""
    wanted = [str(one.at.get("request", "")) for one in notices]
    query = f"SELECT {SELECT} FROM AI_Request__c WHERE Id IN {{}}"
    found = {row["Id"]: row for row in client_of(connection).query(query, list(dict.fromkeys(wanted)))}
    return [
        request(connection, found[id], Trigger.WEBHOOK)
        if id in found
        else Ignored(event="AI_Request__c", why="The request is gone from Salesforce, or not to be seen.")
        for id in wanted
    ]


def request(connection: Connection, row: Json, trigger: Trigger) -> Request | Ignored:
    """One AI request as it was read. Its id is the key: it is one run, however often and whichever way it comes."""
    name = str(row.get("Template__c") or "").strip()
    if not name:
        return Ignored(event="AI_Request__c", why="The request names no template.")
    about = records.subject(row)
    if about is None:
        return Ignored(event="AI_Request__c", why="The request is about no record.")
    kind, id, record = about
    said = str(row.get("Instructions__c") or "").strip()
    target = Target(connection=connection.name, at={"record": id, "request": row["Id"]})
    return Request(
        key=row["Id"],
        workflow=name,
        inputs={"instruction": said} if said else {},
        target=target,
        actor=Actor(person=_asker(row), via="salesforce"),
        trigger=trigger,
        surface="salesforce",
        team=str(row.get("Team__c") or "").strip() or None,
        raw={"request": row["Id"], "record": id, "object": kind.object},
        # A record this user may not see is looked for once more by the run, which then says so where people see it.
        context=records.context(connection, kind, record) if record is not None else None,
    )


def _asker(row: Mapping[str, Any]) -> str | None:
    creator = row.get("CreatedBy")
    return (creator.get("Email") or None) if isinstance(creator, Mapping) else None
