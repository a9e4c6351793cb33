"""The refusals nobody but an admin can do something about: what each code of Salesforce's means, and the one fix."""

from __future__ import annotations

from typing import NamedTuple

_PACKAGE = (
    "Assign the permission set AI_Hub_Integration to the integration user. If it has it, deploy Inlay's package again: "
    "the org's copy is older or was changed."
)


class Text(NamedTuple):
    """What happened, and what to do. ``who`` is empty for a Salesforce admin."""

    what: str
    instead: str
    who: str = ""


_NO_ACCESS = Text("The integration user may not write this in Salesforce.", _PACKAGE)
_AUTOMATION = Text(
    "An automation of the org (a flow or a trigger) failed and stopped the write.",
    "Look at the failed flow or the trigger's log in Setup, repair it or exempt the integration user, then retry.",
)
_OURS = Text("Salesforce did not understand the request.", "Report it: this is a fault of Inlay's.", "an admin")
_TEXTS = {
    "STRING_TOO_LONG": Text(
        "A text is longer than its field in Salesforce.",
        "Make the field longer in Object Manager, or deploy Inlay's package again if somebody shortened it.",
    ),
    "FIELD_CUSTOM_VALIDATION_EXCEPTION": Text(
        "A validation rule of the org says no.",
        "Change the rule or exempt the integration user from it, then retry.",
    ),
    "REQUIRED_FIELD_MISSING": Text(
        "A field the org requires is empty.",
        "Make the field optional or give it a default value: Inlay writes its own fields only. Then retry.",
    ),
    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST": Text(
        "A value is not in its field's list in Salesforce.",
        "Add the missing value to the picklist, or deploy Inlay's package again; then retry.",
    ),
    "INVALID_FIELD": Text("A field is missing in the org, or the integration user may not use it.", _PACKAGE),
    "INVALID_FIELD_FOR_INSERT_UPDATE": Text("The integration user may not write a field in Salesforce.", _PACKAGE),
    "INVALID_TYPE": Text("An object is missing in the org, or the integration user may not use it.", _PACKAGE),
    "NOT_FOUND": Text(
        "The org has no such object or external id field, or the integration user may not see it.", _PACKAGE
    ),
    "INSUFFICIENT_ACCESS": _NO_ACCESS,
    "INSUFFICIENT_ACCESS_OR_READONLY": _NO_ACCESS,
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY": _AUTOMATION,
    "CANNOT_EXECUTE_FLOW_TRIGGER": _AUTOMATION,
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": Text(
        "The integration user may not use the record this belongs to.",
        "Share the record with the integration user, or widen the permission set AI_Hub_Integration; then retry.",
    ),
    "ENTITY_IS_LOCKED": Text(
        "The record in Salesforce is locked, as in an approval process.",
        "Finish the approval or unlock the record, then retry.",
    ),
    "DUPLICATES_DETECTED": Text(
        "A duplicate rule of the org takes the record for a copy of another.",
        "Let the rule allow saving for the integration user (Setup, Duplicate Rules), then retry.",
    ),
    "STORAGE_LIMIT_EXCEEDED": Text(
        "The org has no data storage left.",
        "Delete records that are no longer needed or buy storage, then retry.",
    ),
    "FIELD_INTEGRITY_EXCEPTION": Text(
        "A value does not fit its field in Salesforce.",
        "Check the field's type and filters in Object Manager against Inlay's package, then retry.",
    ),
    "FIELD_FILTER_VALIDATION_EXCEPTION": Text(
        "A lookup filter of the org does not let this record be linked.",
        "Change the lookup filter or exempt the integration user, then retry.",
    ),
    "MALFORMED_QUERY": _OURS,
    "MALFORMED_ID": _OURS,
    "JSON_PARSER_ERROR": _OURS,
}


def of(code: str) -> Text | None:
    """What is told of a code, None for one nobody wrote about."""
    return _TEXTS.get(code)
