"""What an org says of its objects: which fields there are, how long they are, and what this user may write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hub.sdk import Unavailable


@dataclass(frozen=True, slots=True)
class Field:
    """One field as this user sees it. ``length`` counts characters, for texts; ``values`` are the active ones of a
    picklist, and ``restricted`` says that it takes no others."""

    name: str
    type: str
    length: int
    createable: bool
    updateable: bool
    external_id: bool
    unique: bool
    required: bool
    restricted: bool
    values: tuple[str, ...]

    @property
    def writable(self) -> bool:
        return self.createable and self.updateable


@dataclass(frozen=True, slots=True)
class Described:
    """One object as this user sees it: a field that may not be read is not among ``fields``."""

    name: str
    label: str
    prefix: str
    createable: bool
    updateable: bool
    fields: Mapping[str, Field]

    def length(self, field: str, otherwise: int) -> int:
        """How many characters a text field takes; ``otherwise`` where the org does not tell."""
        found = self.fields.get(field)
        return found.length if found and found.length > 0 else otherwise


def described(answer: Any) -> Described:
    """The answer of Salesforce's describe, as far as it is needed.

    Raises:
        Unavailable: it is no such answer.
    """
    try:
        fields = {one["name"]: _field(one) for one in answer["fields"]}
        return Described(
            name=answer["name"],
            label=answer.get("label") or answer["name"],
            prefix=answer.get("keyPrefix") or "",
            createable=bool(answer["createable"]),
            updateable=bool(answer["updateable"]),
            fields=fields,
        )
    except (KeyError, TypeError, AttributeError):
        raise Unavailable("Salesforce described an object in a form that is not its API's.") from None


def _field(one: dict[str, Any]) -> Field:
    makes = bool(one["createable"])
    return Field(
        name=one["name"],
        type=one["type"],
        length=int(one.get("length") or 0),
        createable=makes,
        updateable=bool(one["updateable"]),
        external_id=bool(one.get("externalId")),
        unique=bool(one.get("unique")),
        required=makes and not one.get("nillable", True) and not one.get("defaultedOnCreate"),
        restricted=bool(one.get("restrictedPicklist")),
        values=tuple(value["value"] for value in one.get("picklistValues") or () if value.get("active")),
    )
