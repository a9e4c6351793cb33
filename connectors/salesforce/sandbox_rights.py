"""What a user may do: on each type of record, and on each field (field-level security)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from connectors.salesforce.sandbox_schema import Field, ObjectType

ALL = "crud"
#: What the package's permission sets give the integration user, and what an admin grants beside them so that it can
#: fill in fields of campaigns, leads and opportunities.
INTEGRATION = {
    **dict.fromkeys(("Organization", "User", "Account", "Contact", "CampaignInfluence", "CampaignInfluenceModel"), "r"),
    **dict.fromkeys(("Campaign", "Lead", "Opportunity", "AI_Request__c"), "ru"),
    **dict.fromkeys(("AI_Output__c", "Task"), "cru"),
}
#: What a person may write who asks: the package's requester.
REQUESTER = {
    "AI_Request__c": ("Campaign__c", "Lead__c", "Opportunity__c", "Instructions__c", "Team__c"),
    "AI_Output__c": ("Feedback__c", "Feedback_Comment__c"),
}
PERSON = {
    **dict.fromkeys(("Organization", "User", "CampaignInfluenceModel"), "r"),
    **dict.fromkeys(("Account", "Contact", "Campaign", "Lead", "Opportunity", "Task", "CampaignInfluence"), "cru"),
    "AI_Request__c": "cr",
    "AI_Output__c": "ru",
}


class Rights:
    """The rights of one user. ``types`` maps a type's name to the letters of create, read, update and delete; ``only``
    names, for a type, the fields that may be written, where not all of them may.
    """

    def __init__(
        self,
        types: Mapping[str, str] | None = None,
        *,
        read_only: Iterable[str] = (),
        only: Mapping[str, Iterable[str]] | None = None,
    ) -> None:
        self._types = None if types is None else dict(types)
        self._read_only = set(read_only)
        self._hidden: set[str] = set()
        self._only = {name: frozenset(fields) for name, fields in (only or {}).items()}

    def may(self, type: ObjectType, letter: str) -> bool:
        return letter in self.letters(type)

    def letters(self, type: ObjectType) -> str:
        return ALL if self._types is None else self._types.get(type.name, "")

    def sees(self, type: ObjectType, field: Field) -> bool:
        return f"{type.name}.{field.name}" not in self._hidden

    def writes(self, type: ObjectType, field: Field) -> bool:
        """Whether the user may write a field. A field that every record must have cannot be kept from anybody."""
        if field.required:
            return True
        if type.name in self._only and field.name not in self._only[type.name]:
            return False
        return self.sees(type, field) and f"{type.name}.{field.name}" not in self._read_only

    def grant(self, type: str, letters: str) -> None:
        """Say what the user may do with a type; an empty text hides it."""
        self._types = {**(self._types or {}), type: letters}

    def hide(self, field: str) -> None:
        """Hide a field, such as ``AI_Output__c.Body__c``."""
        self._hidden.add(field)

    def lock(self, field: str) -> None:
        """Let a field be read only."""
        self._read_only.add(field)


def administrator() -> Rights:
    return Rights()


def integration() -> Rights:
    return Rights(INTEGRATION, read_only=[f"{type}.{name}" for type, names in REQUESTER.items() for name in names])


def person() -> Rights:
    return Rights(PERSON, only=REQUESTER)


def reader() -> Rights:
    """Somebody who may read everything and write nothing."""
    return Rights(dict.fromkeys((*INTEGRATION, *PERSON), "r"))


PROFILES = {"administrator": administrator, "integration": integration, "person": person, "reader": reader}
