"""What an admin adds to saving: validation rules, duplicate rules, and the fields Salesforce works out by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.salesforce.sandbox_errors import ApiError, bad_write
from connectors.salesforce.sandbox_objects import LOST, WON

ABOUT = ("Campaign__c", "Lead__c", "Opportunity__c")


@dataclass(frozen=True, slots=True)
class Rule:
    """A validation rule: ``broken`` says of a record whether it may not be saved, ``field`` where to show it."""

    type: str
    broken: Callable[[Mapping[str, Any]], bool]
    message: str
    field: str = ""


def _about_one_record(values: Mapping[str, Any]) -> bool:
    return sum(values.get(name) is not None for name in ABOUT) != 1


ONE_RECORD = Rule("AI_Request__c", _about_one_record, "Choose exactly one campaign, lead or opportunity.")


class Rules:
    """The rules of one org."""

    def __init__(self) -> None:
        self.validations: list[Rule] = [ONE_RECORD]
        #: (type, field): a second record with the same value there is thought a duplicate.
        self.duplicates: list[tuple[str, str]] = [("Lead", "Email"), ("Contact", "Email")]

    def validate(self, type: str, values: Mapping[str, Any], *, planted: bool = False) -> None:
        """Hold a record against the rules of its type.

        Raises:
            ApiError: it breaks one (400).
        """
        for rule in self.validations:
            if rule.type == type and rule.broken(values):
                fields = [rule.field] if rule.field else []
                raise bad_write("FIELD_CUSTOM_VALIDATION_EXCEPTION", rule.message, *fields)
        if planted:
            raise bad_write("FIELD_CUSTOM_VALIDATION_EXCEPTION", "An admin's rule does not let this record be saved.")

    def find_duplicates(self, type: str, values: Mapping[str, Any], rows: Iterable[Any]) -> None:
        """Look for a record that seems to be the same thing.

        Raises:
            ApiError: there is one (400).
        """
        for name, field in self.duplicates:
            wanted = values.get(field)
            if name == type and wanted is not None:
                for row in rows:
                    if str(row.values.get(field) or "").lower() == str(wanted).lower():
                        raise ApiError(400, "DUPLICATES_DETECTED", "Use one of these records?", [])


def derive(type: str, values: dict[str, Any], find: Callable[[str], Any]) -> None:
    """Fill in the fields Salesforce works out by itself."""
    if type in ("Lead", "Contact", "User"):
        values["Name"] = " ".join(part for part in (values.get("FirstName"), values.get("LastName")) if part)
    elif type == "Opportunity":
        values["IsWon"] = values.get("StageName") == WON
        values["IsClosed"] = values.get("StageName") in (WON, LOST)
    elif type == "Task":
        values["IsClosed"] = values.get("Status") == "Completed"
    elif type == "CampaignInfluence":
        opportunity = find(values.get("OpportunityId") or "")
        amount = opportunity.values.get("Amount") if opportunity else None
        share = values.get("Influence")
        values["RevenueShare"] = None if amount is None or share is None else round(amount * share / 100, 2)
