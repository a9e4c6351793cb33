"""What Salesforce's schema misses in a source package: names that lead nowhere, limits, and what may not go together.

Every check yields ``(file, line, what)``. A name of Salesforce's own (``Campaign.Status``, ``NAME``) is taken as it is:
only the org knows those.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from connectors.salesforce.package import File

Found = tuple[str, int, str]

#: What the connector reads and writes; without one of these it does not work.
FIELDS: Mapping[str, tuple[str, ...]] = {
    "AI_Request__c": (
        *("Campaign__c", "Lead__c", "Opportunity__c", "Template__c", "Instructions__c", "Team__c"),
        *("Status__c", "Status_Note__c"),
    ),
    "AI_Output__c": (
        *("Hub_Key__c", "Request__c", "Campaign__c", "Lead__c", "Opportunity__c", "Source_Record_Id__c", "Title__c"),
        *("Body__c", "Status__c", "Review_Status__c", "Template__c", "Template_Version__c", "Part__c", "Model__c"),
        *("Provenance__c", "Content_SHA256__c", "Governance_Verdict__c", "Governance_Notes__c", "Generated_At__c"),
        *("Hub_Run__c", "Requested_By__c", "Truncated__c", "Full_Output_URL__c", "Feedback__c", "Feedback_Comment__c"),
    ),
    "Activity": ("AI_Hub_Key__c",),
}
_SALESFORCE = frozenset(
    ("Account", "Activity", "Campaign", "Contact", "Lead", "Opportunity", "Task", "User", "UserExternalCredential")
)
_EVERY_OBJECT = frozenset(
    ("Id", "Name", "OwnerId", "CreatedById", "CreatedDate", "LastModifiedById", "LastModifiedDate", "SystemModstamp")
)
#: The shortest and the longest text a type of field holds (Metadata API, CustomField; the API refuses the rest).
_LENGTHS = {"Text": (1, 255), "LongTextArea": (256, 131072), "Html": (256, 131072)}
#: How long Salesforce lets these be.
_LONGEST = (
    ("CustomField", "label", 40),
    ("CustomField", "inlineHelpText", 510),
    ("CustomField", "description", 1000),
    ("ValidationRule", "errorMessage", 255),
    ("ValidationRule", "description", 255),
    ("PermissionSet", "description", 255),
)
#: What a file may name once.
_ONCE = (
    ("PermissionSet", "fieldPermissions/field"),
    ("PermissionSet", "objectPermissions/object"),
    ("PermissionSet", "userPermissions/name"),
    ("Layout", "layoutSections//layoutItems/field"),
    ("CustomField", "valueSet//value/fullName"),
    ("FlexiPage", "flexiPageRegions//identifier"),
    ("Workflow", "outboundMessages/fullName"),
)
#: Names in a file that lead to another part of the package, and what they name.
_NAMES = (
    ("PermissionSet", "fieldPermissions/field", "dotted"),
    ("PermissionSet", "objectPermissions/object", "object"),
    ("PermissionSet", "customPermissions/name", "CustomPermission"),
    ("PermissionSet", "applicationVisibilities/application", "CustomApplication"),
    ("PermissionSet", "tabSettings/tab", "CustomTab"),
    ("PermissionSet", "externalCredentialPrincipalAccesses/externalCredentialPrincipal", "principal"),
    ("PermissionSet", "flowAccesses/flow", "Flow"),
    ("CustomField", "referenceTo", "object"),
    ("CustomObject", "compactLayoutAssignment", "CompactLayout"),
    ("CustomObject", "searchLayouts/*", "field"),
    ("ListView", "columns", "field"),
    ("ListView", "filters/field", "field"),
    ("CompactLayout", "fields", "field"),
    ("ValidationRule", "errorDisplayField", "field"),
    ("Layout", "layoutSections//layoutItems/field", "field"),
    ("Layout", "relatedLists/relatedList", "dotted"),
    ("Workflow", "outboundMessages/fields", "field"),
    ("Flow", "start/object", "object"),
    ("QuickAction", "targetObject", "object"),
    ("FlexiPage", "sobjectType", "object"),
    ("CustomApplication", "tabs", "CustomTab"),
    ("NamedCredential", "namedCredentialParameters/externalCredential", "ExternalCredential"),
)


def of(parts: Sequence[File]) -> Iterator[Found]:
    """Everything that is wrong across these files."""
    made = _Made(parts)
    yield from made.twice()
    yield from _missing(made)
    for part in parts:
        yield from _own_name(part)
        yield from _limits(part)
        yield from _repeats(part)
        for root, path, kind in _NAMES:
            if part.root == root:
                for place in _all(part.tree, path):
                    yield from made.leads_nowhere(part, place, kind, _text(place))
        check = _BY_ROOT.get(part.root)
        if check:
            yield from check(part, made)


class _Made:
    """What the package makes, by type and name."""

    def __init__(self, parts: Sequence[File]) -> None:
        self.parts = {(part.root, _key(part)): part for part in parts}
        self._all = [(part.root, _key(part), part) for part in parts]
        self.principals = {
            f"{part.name}-{name}"
            for part in parts
            if part.root == "ExternalCredential"
            for one in _all(part.tree, "externalCredentialParameters")
            if _get(one, "parameterType").endswith("Principal")
            for name in [_get(one, "parameterName")]
        }
        self.messages = {
            f"{part.name}.{_text(name)}"
            for part in parts
            if part.root == "Workflow"
            for name in _all(part.tree, "outboundMessages/fullName")
        }

    def field(self, owner: str, name: str) -> File | None:
        """A field this package makes. Salesforce keeps the own fields of tasks and events on Activity."""
        return self.parts.get(("CustomField", f"{'Activity' if owner in ('Task', 'Event') else owner}.{name}"))

    def fields(self, owner: str) -> Iterator[File]:
        return (part for part in self.parts.values() if part.root == "CustomField" and part.owner == owner)

    def has_field(self, owner: str, name: str) -> bool:
        if name.endswith("__c"):
            return self.field(owner, name) is not None
        return not owner.endswith("__c") or name in _EVERY_OBJECT or name.upper() == name

    def has_object(self, name: str) -> bool:
        return name in _SALESFORCE or ("CustomObject", name) in self.parts

    def leads_nowhere(self, part: File, place: Any, kind: str, name: str) -> Iterator[Found]:
        """Unless there is what ``name`` names."""
        owner, _, last = name.partition(".")
        if kind == "field":
            there, what = self.has_field(part.owner, name), f"{part.owner} has no field {name}"
        elif kind == "dotted":
            there = not last or (self.has_object(owner) and self.has_field(owner, last))
            what = f"there is no field {name}"
        elif kind == "object":
            there, what = self.has_object(name), f"there is no object {name}"
        elif kind == "principal":
            there, what = name in self.principals, f"no external credential has the principal {name}"
        else:
            full = f"{part.owner}.{name}" if kind == "CompactLayout" else name
            there = (kind, full) in self.parts or name.startswith("standard-")
            what = f"there is no {kind} {name}"
        if not there:
            yield part.path, place.sourceline, what

    def twice(self) -> Iterator[Found]:
        """Salesforce's names are the same in any case."""
        first: dict[tuple[str, str], str] = {}
        relations: dict[tuple[str, str], str] = {}
        for root, name, part in self._all:
            other = first.setdefault((root, name.casefold()), part.path)
            if other != part.path:
                yield part.path, 0, f"makes the {root} {name}, as {other} does"
            relation = _get(part.tree, "relationshipName")
            if root == "CustomField" and relation:
                other = relations.setdefault((_get(part.tree, "referenceTo"), relation.casefold()), part.path)
                if other != part.path:
                    yield part.path, _line(part, "relationshipName"), f"has the relationshipName of {other}"


def _missing(made: _Made) -> Iterator[Found]:
    for owner, names in FIELDS.items():
        place = made.parts.get(("CustomObject", owner))
        for name in names:
            if made.field(owner, name) is None:
                path = place.path if place else f"objects/{owner}"
                yield path, 0, f"{owner} lacks the field {name}, which the connector works with"


def _own_name(part: File) -> Iterator[Found]:
    inside = _get(part.tree, "fullName")
    wants = part.root in ("CustomField", "ListView", "CompactLayout", "ValidationRule")
    if (inside or wants) and inside != part.name:
        yield part.path, _line(part, "fullName"), f"has the fullName {inside or '(none)'}, and its file {part.name}"


def _limits(part: File) -> Iterator[Found]:
    for root, name, longest in _LONGEST:
        for place in _all(part.tree, name) if part.root == root else ():
            if len(_text(place)) > longest:
                yield part.path, place.sourceline, f"{name} has {len(_text(place))} characters of at most {longest}"


def _repeats(part: File) -> Iterator[Found]:
    for root, path in _ONCE:
        seen: set[str] = set()
        for place in _all(part.tree, path) if part.root == root else ():
            if _text(place).casefold() in seen:
                yield part.path, place.sourceline, f"names {_text(place)} twice"
            seen.add(_text(place).casefold())


def _field(part: File, made: _Made) -> Iterator[Found]:
    kind, line = _get(part.tree, "type"), _line(part, "type")
    if not kind:
        yield part.path, part.tree.sourceline, "has no type"
    if kind in _LENGTHS:
        least, most = _LENGTHS[kind]
        length = _get(part.tree, "length")
        if not length.isdigit() or not least <= int(length) <= most:
            at = _line(part, "length") or line
            yield part.path, at, f"length is {length or 'missing'}: a {kind} has {least} to {most} characters"
    wanted = {
        "LongTextArea": ("visibleLines",),
        "Html": ("visibleLines",),
        "Picklist": ("valueSet",),
        "Lookup": ("referenceTo", "relationshipName"),
        "MasterDetail": ("referenceTo", "relationshipName"),
        "Checkbox": ("defaultValue",),
    }
    for name in wanted.get(kind, ()):
        if part.tree.find(f"{{*}}{name}") is None:
            yield part.path, line, f"is a {kind} without {name}"
    if kind == "Lookup" and _required(part) and _get(part.tree, "deleteConstraint") == "SetNull":
        yield part.path, line, "is required, so it cannot be emptied when its record is deleted (SetNull)"


def _permission_set(part: File, made: _Made) -> Iterator[Found]:
    for place in _all(part.tree, "fieldPermissions/field"):
        owner, _, name = _text(place).partition(".")
        made_here = made.field(owner, name)
        if made_here and _always_visible(made_here):
            yield (
                part.path,
                place.sourceline,
                f"{_text(place)} is required: a permission set may not list it",
            )


def _layout(part: File, made: _Made) -> Iterator[Found]:
    shown = {_text(place): place for place in _all(part.tree, "layoutSections//layoutItems/field")}
    for one in made.fields(part.owner):
        if _required(one):
            place = shown.get(one.name)
            if place is None:
                yield part.path, 0, f"leaves out {one.name}, which is required"
            elif _get(place.getparent(), "behavior") != "Required":
                yield part.path, place.sourceline, f"{one.name} is required, so its behavior has to be Required"
    for listed in _all(part.tree, "relatedLists"):
        child = _get(listed, "relatedList").partition(".")[0]
        for place in _all(listed, "fields"):
            if child.endswith("__c") and not made.has_field(child, _text(place)):
                yield part.path, place.sourceline, f"{child} has no field {_text(place)}"


def _quick_action(part: File, made: _Made) -> Iterator[Found]:
    target, parent = _get(part.tree, "targetObject"), _get(part.tree, "targetParentField")
    places = {_text(place): place for place in _all(part.tree, "quickActionLayout//field")}
    if parent and not made.has_field(target, parent):
        yield part.path, _line(part, "targetParentField"), f"{target} has no field {parent}"
    for name, place in places.items():
        if not made.has_field(target, name):
            yield part.path, place.sourceline, f"{target} has no field {name}"
    for one in made.fields(target):
        if _required(one) and one.name not in (*places, parent):
            yield part.path, 0, f"leaves out {one.name}, without which no {target} can be made"


def _rule(part: File, made: _Made) -> Iterator[Found]:
    formula, line = _get(part.tree, "errorConditionFormula"), _line(part, "errorConditionFormula")
    for name in re.findall(r"(?<![\w.$])\w+__c\b(?!\.)", formula):
        if not made.has_field(part.owner, name):
            yield part.path, line, f"the formula names {name}, and {part.owner} has no such field"
    for name in re.findall(r"\$Permission\.(\w+)", formula):
        if ("CustomPermission", name) not in made.parts:
            yield part.path, line, f"the formula names the permission {name}, and there is none"


def _flow(part: File, made: _Made) -> Iterator[Found]:
    owner = _get(part.tree, "start/object")
    for place in _all(part.tree, "start/filters/field"):
        if not made.has_field(owner, _text(place)):
            yield part.path, place.sourceline, f"{owner} has no field {_text(place)}"
    for call in _all(part.tree, "actionCalls"):
        name = _get(call, "actionName")
        if _get(call, "actionType") == "outboundMessage" and name not in made.messages:
            yield part.path, call.sourceline, f"there is no outbound message {name}"
    elements = {_text(place) for place in _all(part.tree, "*/name")}
    for place in _all(part.tree, "//targetReference"):
        if _text(place) not in elements:
            yield part.path, place.sourceline, f"leads to {_text(place)}, and the flow has no such element"


def _page(part: File, made: _Made) -> Iterator[Found]:
    for component in _all(part.tree, "//componentInstance"):
        given = {_get(one, "name"): one for one in _all(component, "componentInstanceProperties")}
        if "relatedListApiName" not in given:
            continue
        relation = _get(given["relatedListApiName"], "value")
        parent = _get(given["parentFieldApiName"], "value").partition(".")[0] if "parentFieldApiName" in given else ""
        child = next((one.owner for one in made.parts.values() if _is_relation(one, parent, relation)), None)
        if relation.endswith("__r") and child is None:
            yield part.path, component.sourceline, f"{parent or 'no object'} has no related list {relation}"
        for place in _all(component, "componentInstanceProperties/valueList//value"):
            if child and _text(place).endswith("__c") and not made.has_field(child, _text(place)):
                yield part.path, place.sourceline, f"{child} has no field {_text(place)}"


def _tab(part: File, made: _Made) -> Iterator[Found]:
    if _get(part.tree, "customObject") == "true" and not made.has_object(part.name):
        yield part.path, part.tree.sourceline, f"there is no object {part.name}"


_BY_ROOT = {
    "CustomField": _field,
    "CustomTab": _tab,
    "FlexiPage": _page,
    "Flow": _flow,
    "Layout": _layout,
    "PermissionSet": _permission_set,
    "QuickAction": _quick_action,
    "ValidationRule": _rule,
}


def _is_relation(part: File, parent: str, relation: str) -> bool:
    named = f"{_get(part.tree, 'relationshipName')}__r" == relation
    return part.root == "CustomField" and named and _get(part.tree, "referenceTo") == parent


def _key(part: File) -> str:
    inside = part.root in ("CustomField", "ListView", "CompactLayout", "ValidationRule")
    return f"{part.owner}.{part.name}" if inside else part.name


def _required(part: File) -> bool:
    return _get(part.tree, "required") == "true"


def _always_visible(part: File) -> bool:
    return _required(part) or _get(part.tree, "type") == "MasterDetail"


def _all(tree: Any, path: str) -> Iterable[Any]:
    """The elements at a path, whatever their namespace; ``//`` stands for any depth."""
    steps = re.sub(r"(?<=/)(?=\w)|^(?=\w)|(?<=/)(?=\*)", "{*}", path)
    return tree.iterfind(f".{steps}" if path.startswith("//") else steps)


def _get(tree: Any, path: str) -> str:
    return next((_text(place) for place in _all(tree, path)), "")


def _text(place: Any) -> str:
    return (place.text or "").strip()


def _line(part: File, name: str) -> int:
    return next((place.sourceline for place in _all(part.tree, name)), part.tree.sourceline)
