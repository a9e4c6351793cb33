"""Looks over an org: requests that no message brought, what people said of outputs, and what became of campaigns."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.salesforce import look_up
from connectors.salesforce.client import Client, client_of
from hub.sdk import Connection, Fact, InlayError, Json, Opinion, Swept, Trigger, TryLater, VendorRefused

#: Records of a transaction that took long appear late, with an earlier stamp: each look begins so long before the last.
OVERLAP = timedelta(minutes=10)
#: How far back the first look goes.
FIRST = timedelta(days=1)
#: Rows of one page; more of them are another look, right behind it. Pages too large to be read are asked for in smaller
#: ones: a request and its campaign may hold long texts.
PAGE = 500
SMALLER = 5
#: Seconds between two looks at what became of campaigns: sales are not made by the minute.
FACTS_EVERY = 3600.0
_USEFUL = {"Useful": 5, "Partly useful": 3, "Not useful": 1}
_TOUCHED = "IN (SELECT Campaign__c FROM AI_Output__c WHERE Campaign__c != null)"


def sweep(connection: Connection, cursor: Json) -> Swept:
    """See ``Connector.sweep``. The cursor holds ``requests`` and ``opinions``, each the stamp of the newest row seen,
    ``page`` while a long list of requests is under way, and ``facts``, when facts were last read.
    """
    client, now = client_of(connection), datetime.now(UTC)
    rows, after, full = _requests(client, cursor, now)
    requests = [look_up.request(connection, row, Trigger.SCHEDULE) for row in rows]
    if full:
        return Swept(requests=requests, cursor={**cursor, "page": after}, more=True)
    opinions, heard = _opinions(client, cursor, now)
    last = cursor.get("facts", 0.0)
    due = time.time() - float(last if isinstance(last, int | float) else 0.0) >= FACTS_EVERY
    return Swept(
        requests=requests,
        cursor={
            "requests": after[0] if after else cursor.get("requests") or _stamp(now - FIRST),
            "opinions": heard,
            "facts": time.time() if due else last,
        },
        opinions=opinions,
        facts=_facts(client) if due else (),
    )


def _requests(client: Client, cursor: Json, now: datetime) -> tuple[list[Json], list[str], bool]:
    """One page of requests nobody works on yet, the stamp and id of the last of them, and whether more may follow."""
    page = cursor.get("page")
    if isinstance(page, list) and len(page) == 2:
        stamp, last = _time(page[0], now), str(page[1])
        where = "(SystemModstamp > {} OR (SystemModstamp = {} AND Id > {}))"
        values: list[Any] = [stamp, stamp, last]
    else:
        where, values = "SystemModstamp >= {}", [_since(cursor.get("requests"), now)]
    query = f"SELECT {look_up.SELECT} FROM AI_Request__c WHERE Status__c = 'Requested' AND {where} "
    size = PAGE
    while True:
        try:
            rows = client.query(f"{query}ORDER BY SystemModstamp, Id LIMIT {size}", *values)
        except VendorRefused:
            if size == 1:
                raise
            size = max(1, size // SMALLER)
            continue
        return rows, [rows[-1]["SystemModstamp"], rows[-1]["Id"]] if rows else [], len(rows) == size


def _opinions(client: Client, cursor: Json, now: datetime) -> tuple[list[Opinion], str]:
    """What people said since, and the stamp of the last of it."""
    query = (
        "SELECT Id, Hub_Run__c, Feedback__c, Feedback_Comment__c, SystemModstamp, LastModifiedBy.Email "
        "FROM AI_Output__c WHERE Feedback__c != null AND SystemModstamp >= {} ORDER BY SystemModstamp, Id"
    )
    rows = client.query(query, _since(cursor.get("opinions"), now))
    said = [
        Opinion(
            key=row["Id"],
            run_id=str(row.get("Hub_Run__c") or ""),
            useful=_USEFUL.get(str(row.get("Feedback__c"))),
            comment=str(row.get("Feedback_Comment__c") or ""),
            person=(row.get("LastModifiedBy") or {}).get("Email"),
        )
        for row in rows
        if row.get("Hub_Run__c")
    ]
    return said, rows[-1]["SystemModstamp"] if rows else cursor.get("opinions") or _stamp(now - FIRST)


def _facts(client: Client) -> list[Fact]:
    """What Salesforce knows of the campaigns that have outputs, read only.

    Influence is read with the model it belongs to: one opportunity has a row for each model, and adding them up counts
    the same money several times. Inlay never writes any: rows made in Salesforce's own model are deleted when that
    is calculated anew. What an org has not, such as influence where it is switched off, is left out: requests are what
    a sweep is for.
    """
    campaigns = _those_there_are(
        client,
        "SELECT Id, Name, Status, StartDate, EndDate, BudgetedCost, ActualCost, ExpectedRevenue, NumberOfLeads, "
        "NumberOfResponses, NumberOfOpportunities, NumberOfWonOpportunities, AmountAllOpportunities, "
        f"AmountWonOpportunities, SystemModstamp FROM Campaign WHERE Id {_TOUCHED}",
    )
    sales = _those_there_are(
        client,
        "SELECT Id, CampaignId, StageName, IsClosed, IsWon, Amount, CloseDate, CreatedDate, SystemModstamp "
        f"FROM Opportunity WHERE CampaignId {_TOUCHED}",
    )
    influence = _those_there_are(
        client,
        "SELECT Id, CampaignId, OpportunityId, ModelId, Model.DeveloperName, Model.IsDefaultModel, Influence, "
        "RevenueShare, Opportunity.IsWon, Opportunity.IsClosed, Opportunity.Amount, Opportunity.CloseDate, "
        f"SystemModstamp FROM CampaignInfluence WHERE CampaignId {_TOUCHED}",
    )
    return [
        *(_fact("campaign", row) for row in campaigns),
        *(_fact("opportunity", row) for row in sales),
        *(_fact("influence", row) for row in influence),
    ]


def _those_there_are(client: Client, query: str) -> list[Json]:
    try:
        return client.query(query)
    except TryLater:
        raise
    except InlayError:
        return []


def _fact(kind: str, row: Json) -> Fact:
    data = {name: value for name, value in row.items() if name not in ("Id", "SystemModstamp")}
    return Fact(
        kind=kind, vendor_id=row["Id"], at=_time(row.get("SystemModstamp"), datetime.now(UTC)).timestamp(), data=data
    )


def _since(stamp: object, now: datetime) -> datetime:
    return _time(stamp, now - FIRST + OVERLAP) - OVERLAP


def _time(stamp: object, otherwise: datetime) -> datetime:
    """Salesforce writes 2026-09-01T08:00:00.000+0000."""
    try:
        return datetime.strptime(str(stamp), "%Y-%m-%dT%H:%M:%S.%f%z")
    except ValueError:
        return otherwise


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
