"""The shape of an org's records: types with their fields, and ``describe`` as Salesforce answers it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from connectors.salesforce.sandbox_errors import not_found

LONG = 255
NUMBERS = ("double", "currency", "percent", "int")
SOAP = {
    "id": "tns:ID",
    "reference": "tns:ID",
    "boolean": "xsd:boolean",
    "int": "xsd:int",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
    "address": "urn:address",
    **dict.fromkeys(("double", "currency", "percent"), "xsd:double"),
}


@dataclass(frozen=True, slots=True)
class Field:
    """One field. ``length`` counts for texts; a textarea beyond 255 is a long one, which no query can filter by."""

    name: str
    type: str = "string"
    length: int = 0
    values: tuple[str, ...] = ()
    default: Any = None
    required: bool = False
    restricted: bool = False
    unique: bool = False
    external: bool = False
    lookup: bool = False
    case_sensitive: bool = False
    refers: tuple[str, ...] = ()
    relation: str | None = None
    auto: str = ""
    system: bool = False
    createable: bool = True
    updateable: bool = True
    label: str = ""

    @property
    def custom(self) -> bool:
        return self.name.endswith("__c")

    @property
    def filterable(self) -> bool:
        return not (self.type == "address" or (self.type == "textarea" and self.length > LONG))

    def takes(self, new: bool) -> bool:
        """Whether a caller may give it: to a new record, or to one there is."""
        return not (self.system or self.auto) and (self.createable if new else self.updateable)

    @property
    def shown(self) -> str:
        """What people call it."""
        if self.label or self.custom:
            return self.label or self.name.removesuffix("__c").replace("_", " ")
        return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", self.name).replace(" Id", " ID")

    def describe(self, writable: bool = True) -> dict[str, Any]:
        """The field as ``describe`` tells it to a user who may (or may not) write it."""
        number, text = self.type in NUMBERS, self.type not in (*NUMBERS, "boolean", "date", "datetime", "address")
        return {
            "aggregatable": self.filterable and self.type != "boolean",
            "aiPredictionField": False,
            "autoNumber": bool(self.auto),
            "byteLength": self.length * (1 if self.type in ("id", "reference") else 3) if text else 0,
            "calculated": False,
            "calculatedFormula": None,
            "cascadeDelete": False,
            "caseSensitive": self.case_sensitive,
            "compoundFieldName": None,
            "controllerName": None,
            "createable": writable and self.takes(new=True),
            "custom": self.custom,
            "defaultValue": self.default,
            "defaultValueFormula": None,
            "defaultedOnCreate": self.system or bool(self.auto) or self.default is not None or self.type == "boolean",
            "dependentPicklist": False,
            "deprecatedAndHidden": False,
            "digits": 0,
            "displayLocationInDecimal": False,
            "encrypted": False,
            "externalId": self.external,
            "extraTypeInfo": "plaintextarea" if self.type == "textarea" else None,
            "filterable": self.filterable,
            "filteredLookupInfo": None,
            "formulaTreatNullNumberAsZero": False,
            "groupable": self.filterable and not number and self.type != "datetime",
            "highScaleNumber": False,
            "htmlFormatted": self.type == "url",
            "idLookup": self.external or self.lookup or self.type == "id",
            "inlineHelpText": None,
            "label": self.shown,
            "length": self.length if text else 0,
            "mask": None,
            "maskType": None,
            "name": self.name,
            "nameField": self.name == "Name",
            "namePointing": len(self.refers) > 1,
            "nillable": not self.required and self.type != "boolean" and not self.system,
            "permissionable": self.custom and not self.required,
            "picklistValues": [
                {"active": True, "defaultValue": one == self.default, "label": one, "validFor": None, "value": one}
                for one in self.values
            ],
            "polymorphicForeignKey": len(self.refers) > 1,
            "precision": 18 if number else 0,
            "queryByDistance": False,
            "referenceTargetField": None,
            "referenceTo": list(self.refers),
            "relationshipName": self.relation,
            "relationshipOrder": None,
            "restrictedDelete": False,
            "restrictedPicklist": self.restricted,
            "scale": 2 if number and self.type != "int" else 0,
            "searchPrefilterable": self.type == "reference",
            "soapType": SOAP.get(self.type, "xsd:string"),
            "sortable": self.filterable,
            "type": self.type,
            "unique": self.unique,
            "updateable": writable and self.takes(new=False),
            "writeRequiresMasterRead": False,
        }


@dataclass(frozen=True, slots=True)
class ObjectType:
    """One kind of record. ``children`` names its relation as seen from the parent, by field."""

    name: str
    prefix: str
    fields: tuple[Field, ...]
    label: str = ""
    plural: str = ""
    setup: bool = False
    names: dict[str, Field] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        self.names.update({one.name.lower(): one for one in self.fields})

    def find(self, name: str) -> Field | None:
        """A field by its API name, whatever its case."""
        return self.names.get(name.lower())

    def relation(self, name: str) -> Field | None:
        """The lookup behind a relationship name such as ``Campaign__r``."""
        return next((one for one in self.fields if one.relation and one.relation.lower() == name.lower()), None)


class Schema:
    """The types of one org. A test may take a field away or change it, as an admin does."""

    def __init__(self, types: Iterable[ObjectType]) -> None:
        self._types = {one.name.lower(): one for one in types}

    def all(self) -> list[ObjectType]:
        return list(self._types.values())

    def find(self, name: str) -> ObjectType | None:
        return self._types.get(name.lower())

    def get(self, name: str) -> ObjectType:
        """A type by its API name, whatever its case.

        Raises:
            ApiError: there is none (404).
        """
        found = self.find(name)
        if found is None:
            raise not_found()
        return found

    def of(self, id: str) -> ObjectType | None:
        """The type an id belongs to, by its prefix."""
        return next((one for one in self._types.values() if id.startswith(one.prefix)), None)

    def drop(self, type: str, field: str = "") -> None:
        """Take a field away, or the whole type.

        Raises:
            ApiError: there is no such type.
        """
        old = self.get(type)
        if not field:
            del self._types[type.lower()]
            return
        self._keep(replace(old, fields=tuple(one for one in old.fields if one.name != field), names={}))

    def change(self, type: str, field: str, **changes: Any) -> None:
        """Change a field, such as ``length=100`` or ``values=(…)``.

        Raises:
            ApiError: there is no such type.
        """
        old = self.get(type)
        fields = tuple(replace(one, **changes) if one.name == field else one for one in old.fields)
        self._keep(replace(old, fields=fields, names={}))

    def children(self, type: ObjectType) -> list[dict[str, Any]]:
        """The lookups of other types to this one, as ``describe`` lists them."""
        return [
            {
                "cascadeDelete": False,
                "childSObject": other.name,
                "deprecatedAndHidden": False,
                "field": one.name,
                "junctionIdListNames": [],
                "junctionReferenceTo": [],
                "relationshipName": other.plural.replace(" ", "_") + ("__r" if one.custom else ""),
                "restrictedDelete": False,
            }
            for other in self.all()
            for one in other.fields
            if type.name in one.refers and not one.system
        ]

    def _keep(self, type: ObjectType) -> None:
        self._types[type.name.lower()] = type


def summary(type: ObjectType, may: str, version: str) -> dict[str, Any]:
    """What the list of all types says of one; ``may`` holds the letters of what the user may do: c, r, u, d."""
    base = f"/services/data/v{version}/sobjects/{type.name}"
    return {
        "activateable": False,
        "associateEntityType": None,
        "associateParentEntity": None,
        "createable": "c" in may and not type.setup,
        "custom": type.name.endswith("__c"),
        "customSetting": False,
        "deepCloneable": False,
        "deletable": "d" in may and not type.setup,
        "deprecatedAndHidden": False,
        "feedEnabled": False,
        "hasSubtypes": False,
        "isInterface": False,
        "isSubtype": False,
        "keyPrefix": type.prefix,
        "label": type.label or type.name,
        "labelPlural": type.plural or type.name,
        "layoutable": True,
        "mergeable": False,
        "mruEnabled": False,
        "name": type.name,
        "queryable": True,
        "replicateable": True,
        "retrieveable": True,
        "searchable": True,
        "triggerable": not type.setup,
        "undeletable": "d" in may and not type.setup,
        "updateable": "u" in may and not type.setup,
        "urls": {
            "sobject": base,
            "describe": f"{base}/describe",
            "rowTemplate": f"{base}/{{ID}}",
        },
    }


def describe(
    schema: Schema, type: ObjectType, fields: Iterable[tuple[Field, bool]], may: str, version: str
) -> dict[str, Any]:
    """The answer to ``describe``: ``fields`` are those the user sees, each with whether they may write it."""
    return {
        "actionOverrides": [],
        "childRelationships": schema.children(type),
        "compactLayoutable": True,
        "defaultImplementation": None,
        "extendedBy": None,
        "extendsInterfaces": None,
        "fields": [one.describe(writable) for one, writable in fields],
        "implementedBy": None,
        "implementsInterfaces": None,
        "listviewable": None,
        "lookupLayoutable": None,
        "namedLayoutInfos": [],
        "networkScopeFieldName": None,
        "recordTypeInfos": [],
        "searchLayoutable": True,
        "sobjectDescribeOption": "FULL",
        "supportedScopes": [],
        **summary(type, may, version),
    }
