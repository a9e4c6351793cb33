"""What an admin adds to saving: validation rules, duplicate rules, and the fields Salesforce works out by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.salesforce.sandbox_errors import ApiError, bad_write
from connectors.salesforce.sandbox_objects import LOST, WON

ABOUT = ("Campaign__c", "Lead__c", "Opportunity__c")


Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rule:
    """A validation rule. ``broken`` says of a record, and of what it was before (None: it is new), whether it may not
    be saved; ``field`` is where to show that.
    """

    type: str
    broken: Callable[[Values, Values | None], bool]
    message: str
    field: str = ""


def _changed(values: Values, old: Values | None, *names: str) -> bool:
    return old is None or any(values.get(name) != old.get(name) for name in names)


def _not_one_record(values: Values, old: Values | None) -> bool:
    return _changed(values, old, *ABOUT) and sum(values.get(name) is not None for name in ABOUT) != 1


def _other_key(values: Values, old: Values | None) -> bool:
    return old is not None and _changed(values, old, "Hub_Key__c")


#: The rules that come with Inlay's package.
PACKAGED = (
    Rule(
        "AI_Request__c",
        _not_one_record,
        "Fill in exactly one of Campaign, Lead and Opportunity, so that Inlay knows which record to read and where the "
        "answer goes.",
    ),
    Rule(
        "AI_Output__c",
        _other_key,
        "The hub key never changes: Inlay finds its text by it. Put the old key back; everything else you changed can "
        "stay.",
        "Hub_Key__c",
    ),
)


class Rules:
    """The rules of one org."""

    def __init__(self) -> None:
        self.validations: list[Rule] = list(PACKAGED)
        #: (type, field): a second record with the same value there is thought a duplicate.
        self.duplicates: list[tuple[str, str]] = [("Lead", "Email"), ("Contact", "Email")]

    def validate(self, type: str, values: Values, old: Values | None, *, planted: bool = False) -> None:
        """Hold a record against the rules of its type.

        Raises:
            ApiError: it breaks one (400).
        """
        for rule in self.validations:
            if rule.type == type and rule.broken(values, old):
                fields = [rule.field] if rule.field else []
                raise bad_write("FIELD_CUSTOM_VALIDATION_EXCEPTION", rule.message, *fields)
        if planted:
            raise bad_write("FIELD_CUSTOM_VALIDATION_EXCEPTION", "An admin's rule does not let this record be saved.")

    def find_duplicates(self, type: str, values: Values, rows: Callable[[], Iterable[Any]]) -> None:
        """Look for a record that seems to be the same thing.

        Raises:
            ApiError: there is one (400).
        """
        for name, field in self.duplicates:
            wanted = values.get(field)
            if name == type and wanted is not None:
                for row in rows():
                    if str(row.values.get(field) or "").lower() == str(wanted).lower():
                        raise ApiError(400, "DUPLICATES_DETECTED", "Use one of these records?", [])


def derive(type: str, values: dict[str, Any], find: Callable[[str], Any]) -> None:
    """Fill in the fields Salesforce works out by itself."""
    if type in ("Lead", "Contact", "User"):
        values["Name"] = " ".join(part for part in (values.get("FirstName"), values.get("LastName")) if part)
    elif type == "Opportunity":
        values["IsWon"] = values.get("StageName") == WON
        values["IsClosed"] = values.get("StageName") in (WON, LOST)
        amount, chance = values.get("Amount"), values.get("Probability")
        values["ExpectedRevenue"] = None if amount is None or chance is None else round(amount * chance / 100, 2)
    elif type == "Task":
        values["IsClosed"] = values.get("Status") == "Completed"
    elif type == "CampaignInfluence":
        opportunity = find(values.get("OpportunityId") or "")
        amount = opportunity.values.get("Amount") if opportunity else None
        share = values.get("Influence")
        values["RevenueShare"] = None if amount is None or share is None else round(amount * share / 100, 2)
