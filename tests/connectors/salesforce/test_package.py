"""The source package deploys: what ships has no problem, and each kind of fault an edit brings is found and placed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from connectors.salesforce import package
from connectors.salesforce.package import Problem

MAIN = "force-app/main/default"
OUTPUT = f"{MAIN}/objects/AI_Output__c"
REQUEST = f"{MAIN}/objects/AI_Request__c"
BODY = f"{OUTPUT}/fields/Body__c.field-meta.xml"
CAMPAIGN = f"{REQUEST}/fields/Campaign__c.field-meta.xml"
STATUS = f"{REQUEST}/fields/Status__c.field-meta.xml"
TITLE = f"{OUTPUT}/fields/Title__c.field-meta.xml"
REQUESTER = f"{MAIN}/permissionsets/AI_Requester.permissionset-meta.xml"
INTEGRATION = f"{MAIN}/permissionsets/AI_Hub_Integration.permissionset-meta.xml"
LAYOUT = f"{MAIN}/layouts/AI_Output__c-AI Output Layout.layout-meta.xml"
REQUEST_LAYOUT = f"{MAIN}/layouts/AI_Request__c-AI Request Layout.layout-meta.xml"
ACTION = f"{MAIN}/quickActions/Campaign.Ask_AI.quickAction-meta.xml"
APP = f"{MAIN}/applications/Inlay.app-meta.xml"
TAB = f"{MAIN}/tabs/AI_Output__c.tab-meta.xml"
RULE = f"{REQUEST}/validationRules/Exactly_One_Record.validationRule-meta.xml"
LOCKED = f"{REQUEST}/validationRules/Unchanged_Once_Sent.validationRule-meta.xml"
VIEW = f"{REQUEST}/listViews/Mine.listView-meta.xml"
COMPACT = f"{REQUEST}/compactLayouts/AI_Request_Compact.compactLayout-meta.xml"
OBJECT = f"{REQUEST}/AI_Request__c.object-meta.xml"
FLOW = "outbound-message/main/default/flows/AI_Request_Send_To_Hub.flow-meta.xml"
WORKFLOW = "outbound-message/main/default/workflows/AI_Request__c.workflow-meta.xml"
PAGE = "campaign-page/main/default/flexipages/Campaign_With_AI.flexipage-meta.xml"
NAMED = "optional-callout/main/default/namedCredentials/AI_Hub.namedCredential-meta.xml"
BUTTON = "optional-callout/main/default/permissionsets/AI_Ask_Button.permissionset-meta.xml"
VALUES = {
    "REPLACE_HUB_ADDRESS": "https://hub.example.com",
    "REPLACE_CONNECTION": "salesforce",
    "REPLACE_INBOUND_TOKEN": "a-long-random-text-of-letters",
    "REPLACE_INTEGRATION_USERNAME": "inlay@example.com.integration",
}


def test_the_package_as_it_ships_has_no_problem() -> None:
    assert len(package.shipped()) > 60
    assert package.problems(package.shipped()) == []


def test_what_is_read_from_disk_is_what_ships(tmp_path: Path) -> None:
    for path, text in package.shipped().items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    (tmp_path / ".sf").mkdir()
    (tmp_path / ".sf" / "orgs.json").write_text("{}", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("not for Salesforce", encoding="utf-8")
    assert package.read(tmp_path) == package.shipped()


#: What an edit does to a file: where, what stands there, what it becomes, and what is said about that line.
FAULTS = {
    "a value that is not of the list": (BODY, "LongTextArea", "LongText", "enumeration"),
    "a misspelt element": (BODY, "visibleLines>", "visibleLine>", "visibleLine"),
    "elements in the wrong order": (VIEW, "<label>", "<filterScope>Mine</filterScope>\n    <label>", "not expected"),
    "a boolean that is none": (TITLE, "<trackHistory>false", "<trackHistory>no", "boolean"),
    "a required element that is gone": (ACTION, "    <type>Create</type>\n", "", "type"),
    "a text too long for its field": (BODY, "131072", "131073", "131073"),
    "a text field longer than it can be": (TITLE, "<length>255", "<length>256", "at most 255|1 to 255"),
    "a long text that says no lines": (BODY, "    <visibleLines>20</visibleLines>\n", "", "without visibleLines"),
    "a lookup that leads to nothing": (
        CAMPAIGN,
        "    <referenceTo>Campaign</referenceTo>\n",
        "",
        "without referenceTo",
    ),
    "a lookup to an object that is not there": (CAMPAIGN, "To>Campaign", "To>Campain", "no object Campain"),
    "a picklist without values": (STATUS, r"(?s)    <valueSet>.*</valueSet>\n", "", "without valueSet"),
    "a value that stands there twice": (STATUS, "<fullName>Ready", "<fullName>In work", "twice"),
    "a field's other name inside": (TITLE, "<fullName>Title__c", "<fullName>Titel__c", "Titel__c"),
    "a label that is too long": (TITLE, "<label>Title", "<label>" + "Title " * 8, "at most 40"),
    "a permission for a field that is not there": (
        REQUESTER,
        "c.Body__c",
        "c.Text__c",
        "no field AI_Output__c.Text__c",
    ),
    "a permission for an object that is not there": (INTEGRATION, "t>Lead<", "t>Leads<", "no object Leads"),
    "a permission that lists a required field": (REQUESTER, "c.Body__c", "c.Hub_Key__c", "is required"),
    "a permission that names a field twice": (REQUESTER, "c.Body__c", "c.Part__c", "twice"),
    "a permission for an app that is not there": (REQUESTER, "n>Inlay<", "n>Inlet<", "no CustomApplication Inlet"),
    "a permission that is not there": (INTEGRATION, "AI_Change_Requests", "AI_Change", "no CustomPermission AI_Change"),
    "a principal that is not there": (BUTTON, "Hub-AI_Hub_Principal", "Hub-Other", "has the principal AI_Hub-Other"),
    "a layout that shows no such field": (LAYOUT, "<field>Part__c", "<field>Parts__c", "no field Parts__c"),
    "a layout on which a required field may be empty": (LAYOUT, "Required<", "Edit<", "has to be Required"),
    "a layout without a required field": (
        LAYOUT,
        "<field>Hub_Key__c",
        "<field>SystemModstamp",
        "leaves out Hub_Key__c",
    ),
    "a related list by no such lookup": (REQUEST_LAYOUT, "c.Request__c", "c.Requests__c", "c.Requests__c"),
    "a related list with no such column": (REQUEST_LAYOUT, ">Title__c", ">Titles__c", "no field Titles__c"),
    "an action that leaves out what is required": (
        ACTION,
        "<field>Template__c",
        "<field>Team__c",
        "leaves out Template",
    ),
    "an action by no such lookup": (ACTION, "Field>Campaign__c", "Field>Campaigns__c", "no field Campaigns__c"),
    "an app with a tab that is not there": (APP, "<tabs>AI_Output__c", "<tabs>AI_Outputs__c", "no CustomTab"),
    "a formula with a field that is not there": (RULE, r"ISBLANK\(Lead__c", "ISBLANK(Leed__c", "names Leed__c"),
    "a formula with a permission that is not there": (LOCKED, "AI_Change_Requests", "AI_All", "permission AI_All"),
    "a list with no such column": (VIEW, "<columns>Status__c", "<columns>State__c", "no field State__c"),
    "a compact layout with no such field": (COMPACT, "<fields>Status__c", "<fields>State__c", "no field State__c"),
    "a compact layout that is not there": (OBJECT, "AI_Request_Compact", "Compact", "no CompactLayout Compact"),
    "a flow about an object that is not there": (
        FLOW,
        "<object>AI_Request__c",
        "<object>AI_Ask__c",
        "no object AI_Ask__c",
    ),
    "a flow with no such message": (
        FLOW,
        r"<actionName>[^<]+",
        "<actionName>AI_Request__c.Send",
        "no outbound message",
    ),
    "a flow that leads to nothing": (FLOW, "Reference>Send_To_Hub", "Reference>Send", "leads to Send"),
    "a message with no such field": (WORKFLOW, "<fields>Id", "<fields>Ids__c", "no field Ids__c"),
    "a page with no such related list": (PAGE, "AI_Outputs__r", "AI_Texts__r", "no related list AI_Texts__r"),
    "a page with no such column": (PAGE, "<value>Feedback__c", "<value>Feeback__c", "no field Feeback__c"),
    "a credential that is not there": (NAMED, "Credential>AI_Hub<", "Credential>Hub<", "no ExternalCredential Hub"),
    "no XML": (TITLE, "</label>", "</lable>", "is no XML"),
    "a document type": (
        TITLE,
        r"<CustomField",
        '<!DOCTYPE CustomField [<!ENTITY a "b">]>\n<CustomField',
        "document type",
    ),
    "another root": (TAB, "CustomTab", "CustomLabels", "does not use"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_and_placed(fault: str) -> None:
    path, stands, becomes, said = FAULTS[fault]
    files = package.shipped()
    edited, times = re.subn(stands, lambda _: becomes, files[path])
    assert times, "the edit changes nothing"
    problems = package.problems({**files, path: edited})
    found = [one for one in problems if one.file == path and re.search(said, one.what)]
    assert found, problems
    # What is left out stands on no line.
    assert bool(found[0].line) is ("leaves out" not in found[0].what)


def test_a_problem_says_the_line_it_is_on() -> None:
    files = package.shipped()
    edited = files[REQUESTER].replace("AI_Output__c.Body__c", "AI_Output__c.Text__c")
    line = 1 + next(number for number, text in enumerate(edited.splitlines()) if "Text__c" in text)
    assert package.problems({**files, REQUESTER: edited}) == [
        Problem(REQUESTER, line, "there is no field AI_Output__c.Text__c")
    ]


def test_a_field_of_the_connector_that_is_gone_is_missed_wherever_it_is_named() -> None:
    files = package.shipped()
    del files[BODY]
    problems = package.problems(files)
    assert any("lacks the field Body__c" in one.what for one in problems)
    assert {INTEGRATION, REQUESTER, LAYOUT} <= {one.file for one in problems}


def test_what_is_made_twice_is_found_whatever_its_case() -> None:
    files = package.shipped()
    again = "tasks/main/default/objects/AI_Output__c/fields/title__c.field-meta.xml"
    problems = package.problems({**files, again: files[TITLE].replace("Title__c", "title__c")})
    assert [one.what for one in problems if one.file == again] == [
        f"makes the CustomField AI_Output__c.title__c, as {TITLE} does"
    ]


def test_two_related_lists_of_one_object_have_two_names() -> None:
    files = package.shipped()
    edited = files[CAMPAIGN].replace("Name>AI_Requests", "Name>AI_Outputs")
    problems = package.problems({**files, CAMPAIGN: edited})
    assert any("has the relationshipName of" in one.what for one in problems)


def test_a_file_under_the_wrong_name_or_in_no_folder_is_found() -> None:
    files = package.shipped()
    assert any("has to end in" in one.what for one in package.problems({**files, f"{MAIN}/x.app-meta.xml": files[TAB]}))
    assert any("is in no folder" in one.what for one in package.problems({**files, "other/" + TAB: files[TAB]}))


def test_a_project_file_that_names_no_folder_of_the_package_is_found() -> None:
    files = package.shipped()
    gone = files[package.PROJECT].replace('"tasks"', '"task"')
    whats = [one.what for one in package.problems({**files, package.PROJECT: gone}) if one.file == package.PROJECT]
    assert whats == ["names the folder task, and there is none"]
    for broken in ("{", "{}", "[]"):
        assert [one.file for one in package.problems({**files, package.PROJECT: broken})] == [package.PROJECT]


def test_every_placeholder_is_explained_and_missed_until_it_is_replaced() -> None:
    files = package.shipped()
    assert set(VALUES) == set(package.PLACEHOLDERS) == set(re.findall(r"REPLACE_[A-Z_]+", "\n".join(files.values())))
    problems = package.problems(files, filled=True)
    assert {one.file for one in problems} == {WORKFLOW, NAMED}
    assert all(one.line and "still to be replaced" in one.what for one in problems)
    assert package.problems(package.fill(files, VALUES), filled=True) == []
    without = {name: value for name, value in VALUES.items() if name != "REPLACE_CONNECTION"}
    (left,) = package.problems(package.fill(files, without), filled=True)
    assert left.what == "REPLACE_CONNECTION is still to be replaced: the connection's name in hub.yaml"


def test_what_is_filled_in_stays_text() -> None:
    values = {**VALUES, "REPLACE_INTEGRATION_USERNAME": "a</integrationUser><x>&REPLACE_CONNECTION"}
    files = package.fill(package.shipped(), values)
    assert "a&lt;/integrationUser&gt;&lt;x&gt;&amp;REPLACE_CONNECTION" in files[WORKFLOW]


@pytest.mark.parametrize("address", ["http://hub.example.com", "hub.example.com", "https://me:pw@hub.example.com"])
def test_an_address_that_salesforce_does_not_call_is_found(address: str) -> None:
    files = package.fill(package.shipped(), {**VALUES, "REPLACE_HUB_ADDRESS": address})
    assert {one.file for one in package.problems(files, filled=True)} == {WORKFLOW, NAMED}
