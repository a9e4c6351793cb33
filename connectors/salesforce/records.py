"""What is read of the records people work on: the fields, and what a template gets of them as text and figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.salesforce import place
from hub.sdk import Connection, Context, Json, TargetGone

#: A field, what people call it, and the name of the fact it gives, if it is a figure.
Row = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of record: its lookup on a request and an output, and what is read of it."""

    object: str
    lookup: str
    rows: tuple[Row, ...]

    @property
    def fields(self) -> tuple[str, ...]:
        return ("Name", *(name for name, _, _ in self.rows))

    @property
    def through(self) -> str:
        """The relationship that leads from a request to the record."""
        return self.lookup.removesuffix("c") + "r"


KINDS = (
    Kind(
        "Campaign",
        "Campaign__c",
        (
            ("Type", "Type", ""),
            ("Status", "Status", ""),
            ("StartDate", "Start", "start"),
            ("EndDate", "End", "end"),
            ("BudgetedCost", "Budgeted cost", "budgeted_cost"),
            ("ActualCost", "Actual cost", "actual_cost"),
            ("ExpectedRevenue", "Expected revenue", "expected_revenue"),
            ("NumberSent", "Sent", "sent"),
            ("NumberOfLeads", "Leads", "leads"),
            ("NumberOfContacts", "Contacts", "contacts"),
            ("NumberOfResponses", "Responses", "responses"),
            ("NumberOfOpportunities", "Opportunities", "opportunities"),
            ("NumberOfWonOpportunities", "Won opportunities", "won_opportunities"),
            ("AmountAllOpportunities", "Amount of all opportunities", "amount_all"),
            ("AmountWonOpportunities", "Amount won", "amount_won"),
            ("Description", "Description", ""),
        ),
    ),
    Kind(
        "Lead",
        "Lead__c",
        (
            ("Company", "Company", ""),
            ("Title", "Job title", ""),
            ("Industry", "Industry", ""),
            ("LeadSource", "Source", ""),
            ("Status", "Status", ""),
            ("Description", "Description", ""),
        ),
    ),
    Kind(
        "Opportunity",
        "Opportunity__c",
        (
            ("StageName", "Stage", ""),
            ("Amount", "Amount", "amount"),
            ("Probability", "Probability", "probability_percent"),
            ("CloseDate", "Close date", "close_date"),
            ("NextStep", "Next step", ""),
            ("Description", "Description", ""),
        ),
    ),
)
#: Contacts are written about, and no request is made on one.
CONTACT = Kind("Contact", "", (("Title", "Job title", ""), ("Description", "Description", "")))
BY_OBJECT: Mapping[str, Kind] = {kind.object: kind for kind in (*KINDS, CONTACT)}


def context(connection: Connection, kind: Kind, record: Mapping[str, Any]) -> Context:
    """A record as a template gets it. Its values are untrusted text; what is a figure is a fact too, as Salesforce gave
    it. ``record`` has the fields of the kind, and ``Id``."""
    lines, facts = [f"{kind.object}: {record.get('Name') or ''}"], {}
    for field, label, fact in kind.rows:
        value = record.get(field)
        if value is None or value == "":
            continue
        lines.append(f"{label}: {_written(value)}")
        if fact:
            facts[fact] = value
    if facts and connection.settings.currency:
        facts["currency"] = connection.settings.currency
        lines.append(f"Currency: {connection.settings.currency}")
    return Context(
        text="\n".join(lines),
        title=str(record.get("Name") or ""),
        url=place.url(connection, str(record["Id"]), kind.object),
        facts=facts,
    )


def subject(request: Json) -> tuple[Kind, str, Json | None] | None:
    """What a request is about: the kind of record, its id, and the record itself as far as this user may see it. None
    when it is about nothing."""
    for kind in KINDS:
        if id := request.get(kind.lookup):
            found = request.get(kind.through)
            return kind, str(id), {**found, "Id": id} if isinstance(found, Mapping) else None
    return None


def paths() -> Sequence[str]:
    """What a query of requests selects to have each one's record along with it."""
    return [f"{kind.through}.{field}" for kind in KINDS for field in kind.fields]


def gone(kind: str) -> TargetGone:
    """The error for a record that is not there any more."""
    return TargetGone(
        f"The {kind.lower()} is gone from Salesforce, or Inlay's integration user may not see it.",
        instead="Restore it or share it with the integration user, then let the run go on; the draft is kept.",
    )


def _written(value: Any) -> str:
    """Whole numbers without a decimal point: Salesforce gives 12000.0 for 12,000."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
