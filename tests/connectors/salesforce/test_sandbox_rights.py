"""The users of the sandbox may do what the permission sets of Inlay's package say, field by field."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from connectors.salesforce import sandbox
from connectors.salesforce.sandbox_objects import TYPES
from connectors.salesforce.sandbox_rights import Rights, integration, person
from connectors.salesforce.sandbox_rules import PACKAGED

PACKAGE = Path(sandbox.__file__).with_name("sfdx") / "force-app" / "main" / "default"
NAMES = {"": "http://soap.sforce.com/2006/04/metadata"}
OURS = ("AI_Request__c", "AI_Output__c")
#: What the sandbox's integration user may do beyond the package: an admin granted it.
GRANTED = {"Campaign": "u", "Lead": "u", "Opportunity": "u"}
LETTERS = {"c": "allowCreate", "r": "allowRead", "u": "allowEdit", "d": "allowDelete"}


def permission_set(name: str) -> ElementTree.Element:
    return ElementTree.parse(PACKAGE / "permissionsets" / f"{name}.permissionset-meta.xml").getroot()


@pytest.mark.parametrize(("name", "rights"), [("AI_Hub_Integration", integration()), ("AI_Requester", person())])
def test_a_profile_of_the_sandbox_is_the_packages_permission_set(name: str, rights: Rights) -> None:
    given = permission_set(name)
    types = {type.name: type for type in TYPES}
    for one in given.iterfind("objectPermissions", NAMES):
        type = types[one.findtext("object", namespaces=NAMES) or ""]
        letters = {letter for letter, tag in LETTERS.items() if one.findtext(tag, namespaces=NAMES) == "true"}
        extra = set(GRANTED.get(type.name, "")) if name == "AI_Hub_Integration" else set()
        assert set(rights.letters(type)) == letters | extra
    told = {}
    for one in given.iterfind("fieldPermissions", NAMES):
        told[one.findtext("field", namespaces=NAMES)] = one.findtext("editable", namespaces=NAMES) == "true"
    for type in (types[name] for name in OURS):
        # A field that every record must have is left out of a permission set.
        fields = [one for one in type.fields if one.custom and not one.required]
        own = {f"{type.name}.{one.name}": rights.writes(type, one) for one in fields}
        assert own == {name: editable for name, editable in told.items() if name.startswith(f"{type.name}.")}


def test_every_field_the_package_lets_the_integration_read_is_there() -> None:
    types = {type.name: type for type in TYPES}
    for one in permission_set("AI_Hub_Integration").iterfind("fieldPermissions", NAMES):
        type, _, field = (one.findtext("field", namespaces=NAMES) or "").partition(".")
        assert types[type].find(field) is not None, f"{type}.{field}"


def test_the_sandboxs_rules_say_what_the_packages_say() -> None:
    said = {
        ElementTree.parse(path).getroot().findtext("errorMessage", namespaces=NAMES)
        for path in PACKAGE.glob("objects/*/validationRules/*.xml")
        # Held by the sandbox as a right: a person has none to edit a request.
        if not path.name.startswith("Unchanged_Once_Sent")
    }
    assert {rule.message for rule in PACKAGED} == said
