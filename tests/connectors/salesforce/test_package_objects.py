"""The objects of the package are those the connector was built for, field by field, and the sandbox has the same."""

from __future__ import annotations

from typing import Any

import pytest
from lxml import etree

from connectors.salesforce import package
from connectors.salesforce.package_checks import FIELDS
from connectors.salesforce.sandbox_objects import TYPES

#: Name, type as ``describe`` says it, length, values, and what else matters of it.
ABOUT = [
    ("Campaign__c", "reference", 18, "Campaign", ""),
    ("Lead__c", "reference", 18, "Lead", ""),
    ("Opportunity__c", "reference", 18, "Opportunity", ""),
]
MODEL = {
    "AI_Request__c": [
        *ABOUT,
        ("Template__c", "string", 80, "", "required"),
        ("Instructions__c", "textarea", 32768, "", ""),
        ("Team__c", "string", 80, "", ""),
        ("Status__c", "picklist", 255, "*Requested|In work|Ready|Needs attention", ""),
        ("Status_Note__c", "string", 255, "", ""),
    ],
    "AI_Output__c": [
        *ABOUT,
        ("Hub_Key__c", "string", 64, "", "caseSensitive externalId required unique"),
        ("Request__c", "reference", 18, "AI_Request__c", ""),
        ("Source_Record_Id__c", "string", 18, "", ""),
        ("Title__c", "string", 255, "", ""),
        ("Body__c", "textarea", 131072, "", ""),
        ("Status__c", "picklist", 255, "Ready|Superseded|Withdrawn", ""),
        ("Review_Status__c", "picklist", 255, "Not needed|Not reviewed|Reviewed", ""),
        ("Template__c", "string", 80, "", ""),
        ("Template_Version__c", "string", 40, "", ""),
        ("Part__c", "string", 80, "", ""),
        ("Model__c", "string", 120, "", ""),
        ("Provenance__c", "textarea", 32768, "", ""),
        ("Content_SHA256__c", "string", 64, "", ""),
        ("Governance_Verdict__c", "picklist", 255, "Pass|Needs review", ""),
        ("Governance_Notes__c", "textarea", 32768, "", ""),
        ("Generated_At__c", "datetime", 0, "", ""),
        ("Hub_Run__c", "string", 40, "", ""),
        ("Requested_By__c", "string", 255, "", ""),
        ("Truncated__c", "boolean", 0, "", ""),
        ("Full_Output_URL__c", "url", 255, "", ""),
        ("Feedback__c", "picklist", 255, "Useful|Partly useful|Not useful", ""),
        ("Feedback_Comment__c", "textarea", 4096, "", ""),
    ],
    "Task": [("AI_Hub_Key__c", "string", 64, "", "caseSensitive externalId unique")],
}
KINDS = {
    "Text": ("string", None),
    "LongTextArea": ("textarea", None),
    "Lookup": ("reference", 18),
    "Picklist": ("picklist", 255),
    "Checkbox": ("boolean", 0),
    "DateTime": ("datetime", 0),
    "Url": ("url", 255),
}
FLAGS = ("caseSensitive", "externalId", "required", "unique")


def _trees(ending: str) -> list[tuple[str, Any]]:
    return [
        (path, etree.fromstring(text.encode())) for path, text in package.shipped().items() if path.endswith(ending)
    ]


def _in_package(name: str) -> list[tuple[str, str, int, str, str]]:
    found = []
    for path, tree in _trees(".field-meta.xml"):
        if f"/objects/{'Activity' if name == 'Task' else name}/" in path:
            kind, length = KINDS[tree.findtext("{*}type")]
            values = [
                ("*" if one.findtext("{*}default") == "true" else "") + one.findtext("{*}fullName")
                for one in tree.iterfind("{*}valueSet//{*}value")
            ]
            assert not values or tree.findtext("{*}valueSet/{*}restricted") == "true", path
            refers = tree.findtext("{*}referenceTo") or ""
            flags = " ".join(flag for flag in FLAGS if tree.findtext(f"{{*}}{flag}") == "true")
            length = int(tree.findtext("{*}length")) if length is None else length
            found.append((tree.findtext("{*}fullName"), kind, length, "|".join(values) or refers, flags))
    return sorted(found)


def _in_sandbox(name: str) -> list[tuple[str, str, int, str, str]]:
    found = []
    (sandbox,) = (one for one in TYPES if one.name == name)
    for field in (one.describe() for one in sandbox.fields if one.custom):
        assert field["restrictedPicklist"] == (field["type"] == "picklist"), field["name"]
        values = [("*" if one["defaultValue"] else "") + one["value"] for one in field["picklistValues"]]
        known = {**field, "required": not field["nillable"] and field["type"] != "boolean"}
        flags = " ".join(flag for flag in FLAGS if known[flag])
        refers = "|".join(field["referenceTo"])
        found.append((field["name"], field["type"], field["length"], "|".join(values) or refers, flags))
    return sorted(found)


@pytest.mark.parametrize("name", MODEL)
def test_the_package_makes_exactly_these_fields(name: str) -> None:
    assert _in_package(name) == sorted(MODEL[name])


@pytest.mark.parametrize("name", MODEL)
def test_the_sandbox_has_exactly_these_fields(name: str) -> None:
    assert _in_sandbox(name) == sorted(MODEL[name])


def test_the_records_are_numbered_alike_in_package_and_sandbox() -> None:
    formats = {path.split("/")[-2]: tree.findtext("{*}nameField/{*}displayFormat") for path, tree in _objects()}
    sandbox = {one.name: next(f.auto for f in one.fields if f.name == "Name") for one in TYPES if one.name in formats}
    assert formats == sandbox


def _objects() -> list[tuple[str, Any]]:
    return _trees(".object-meta.xml")


def test_the_check_wants_every_field_of_the_model() -> None:
    wanted = {("Task" if name == "Activity" else name): set(fields) for name, fields in FIELDS.items()}
    assert wanted == {name: {field[0] for field in fields} for name, fields in MODEL.items()}


def test_each_field_says_in_a_sentence_what_it_is_for() -> None:
    for path, tree in _trees(".field-meta.xml"):
        for said in ("description", "inlineHelpText"):
            assert (tree.findtext(f"{{*}}{said}") or "").endswith("."), path


def _may_edit(name: str) -> set[str]:
    ((_, tree),) = _trees(f"/{name}.permissionset-meta.xml")
    return {
        one.findtext("{*}field")
        for one in tree.iterfind("{*}fieldPermissions")
        if one.findtext("{*}editable") == "true"
    }


def _may(name: str, kind: str) -> set[str]:
    ((_, tree),) = _trees(f"/{name}.permissionset-meta.xml")
    return {
        one.findtext("{*}object")
        for one in tree.iterfind("{*}objectPermissions")
        if one.findtext(f"{{*}}{kind}") == "true"
    }


def test_the_integration_user_never_writes_feedback_nor_a_request_but_its_status() -> None:
    outputs = {f"AI_Output__c.{field[0]}" for field in MODEL["AI_Output__c"] if "required" not in field[4]}
    people = {"AI_Output__c.Feedback__c", "AI_Output__c.Feedback_Comment__c"}
    assert _may_edit("AI_Hub_Integration") == outputs - people | {
        "AI_Request__c.Status__c",
        "AI_Request__c.Status_Note__c",
    }
    assert _may("AI_Hub_Integration", "allowCreate") == {"AI_Output__c"}
    assert _may("AI_Hub_Integration", "allowEdit") == {"AI_Output__c", "AI_Request__c"}
    assert not _may("AI_Hub_Integration", "allowDelete") | _may("AI_Hub_Integration", "modifyAllRecords")


def test_a_requester_asks_once_and_then_edits_feedback_only() -> None:
    asks = {
        f"AI_Request__c.{name}" for name in ("Campaign__c", "Lead__c", "Opportunity__c", "Instructions__c", "Team__c")
    }
    assert _may_edit("AI_Requester") == {"AI_Output__c.Feedback__c", "AI_Output__c.Feedback_Comment__c"} | asks
    assert _may("AI_Requester", "allowCreate") == {"AI_Request__c"}
    assert _may("AI_Requester", "allowEdit") == {"AI_Output__c"}


def test_only_who_holds_the_permission_changes_a_request() -> None:
    holders = {
        path.rpartition("/")[2].partition(".")[0]
        for path, tree in _trees(".permissionset-meta.xml")
        if tree.findtext("{*}customPermissions/{*}name") == "AI_Change_Requests"
    }
    assert holders == {"AI_Hub_Integration", "AI_Hub_Admin"}
    ((_, rule),) = _trees("/Unchanged_Once_Sent.validationRule-meta.xml")
    assert rule.findtext("{*}active") == "true"
    assert "$Permission.AI_Change_Requests" in rule.findtext("{*}errorConditionFormula")


def test_the_outbound_message_carries_ids_only_and_no_session() -> None:
    ((_, workflow),) = _trees("/AI_Request__c.workflow-meta.xml")
    assert [one.text for one in workflow.iterfind("{*}outboundMessages/{*}fields")] == ["Id"]
    assert workflow.findtext("{*}outboundMessages/{*}includeSessionId") == "false"
