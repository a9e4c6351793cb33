"""The sandbox against recorded answers: the same statuses, the same keys, the same forms of refusal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from connectors.salesforce.sandbox_samples import LAUNCH
from tests.connectors.salesforce.sandbox_bench import BEARER, DATA, Org, Reply, assertion, need_recordings, running
from tests.connectors.salesforce.sandbox_bench import RECORDINGS as FOLDER

KEY = "ab" * 32


@pytest.fixture
def org() -> Iterator[Org]:
    need_recordings()
    with running() as org:
        yield org


def recorded(name: str) -> Any:
    return json.loads((FOLDER / "restforce" / name).read_text(encoding="utf-8"))


def form(value: Any) -> Any:
    """What an answer is made of: its keys and the kinds of its values; of a list, the kinds it holds."""
    if isinstance(value, dict):
        return {key: form(inside) for key, inside in value.items()}
    if isinstance(value, list):
        forms = [form(one) for one in value]
        return [one for place, one in enumerate(forms) if one not in forms[:place]]
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__


@pytest.mark.parametrize(
    ("name", "method", "path", "body", "status"),
    [
        ("expired_session_response.json", "GET", "/limits", None, 401),
        ("sobject_describe_error_response.json", "GET", "/sobjects/Whizbang/describe", None, 404),
        ("sobject_find_error_response.json", "GET", "/sobjects/Campaign/23foo", None, 404),
        ("delete_error_response.json", "DELETE", "/sobjects/Campaign/rid", None, 404),
        ("upsert_error_response.json", "PATCH", "/sobjects/Campaign/Namez/x", {"Name": "x"}, 404),
        ("query_error_response.json", "GET", "/query?q=SELECT+No+FROM+Campaign", None, 400),
        ("write_error_response.json", "POST", "/sobjects/AI_Output__c", {"foo": "bar"}, 400),
    ],
)
def test_a_refusal_has_the_recorded_form_and_code(
    org: Org, name: str, method: str, path: str, body: Any, status: int
) -> None:
    reply = org.call(method, path, body, token="expired" if status == 401 else None)
    assert reply.status == status
    assert form(reply.json) == form(recorded(name))
    assert [one["errorCode"] for one in reply.json] == [one["errorCode"] for one in recorded(name)]


def test_refusals_are_worded_as_recorded(org: Org) -> None:
    def same(reply: Reply, name: str, *names: tuple[str, str]) -> None:
        said = recorded(name)[0]["message"]
        for old, new in names:
            said = said.replace(old, new)
        assert reply.message == said

    same(org.call("GET", "/limits", token="x"), "expired_session_response.json")
    same(org.call("GET", "/sobjects/Whizbang/describe"), "sobject_describe_error_response.json")
    same(org.call("GET", "/sobjects/Campaign/23foo"), "sobject_find_error_response.json")
    same(org.call("PATCH", "/sobjects/Campaign/Namez/x", {}), "upsert_error_response.json")
    same(org.call("POST", "/sobjects/Lead", {"foo": 1}, token=admin(org)), "write_error_response.json", ("Bar", "Lead"))


def test_token_refusals_have_the_recorded_form(org: Org) -> None:
    for name in ("auth_error_response.json", "refresh_error_response.json"):
        reply = org.login(grant_type=BEARER, assertion=assertion(exp=1))
        assert form(reply.json) == form(recorded(name))
        assert reply.json["error"] == recorded(name)["error"]


def test_successes_have_the_recorded_form(org: Org) -> None:
    created = org.call("POST", "/sobjects/Account", {"Name": "A"}, token=admin(org))
    assert (created.status, form(created.json)) == (201, form(recorded("create_success_response.json")))
    upserted = org.upsert(KEY, Title__c="One")
    # The recording is of an old version; newer ones add whether it was created.
    assert form(upserted.json) == {**form(recorded("upsert_created_success_response.json")), "created": "bool"}
    versions = org.call("GET", "/services/data", token="").json
    assert form(versions) == form(recorded("services_data_success_response.json"))
    assert {"version": "63.0", "url": "/services/data/v63.0"}.items() <= versions[63 - 31].items()
    selected = org.call("GET", f"/sobjects/AI_Output__c/Hub_Key__c/{KEY}?fields=Hub_Key__c").json
    assert list(form(selected).values()) == list(form(recorded("sobject_select_success_response.json")).values())


def test_a_key_that_fits_several_has_the_recorded_form(org: Org) -> None:
    org.sandbox.store.schema.change("AI_Output__c", "Hub_Key__c", unique=False)
    for _ in range(2):
        org.sandbox.store.plant("AI_Output__c", {"Hub_Key__c": KEY})
    reply = org.upsert(KEY, Title__c="One")
    assert (reply.status, form(reply.json)) == (300, form(recorded("upsert_multiple_error_response.json")))


def test_queries_have_the_recorded_forms(org: Org) -> None:
    assert org.query("SELECT Id FROM Organization").json.keys() == recorded("org_query_response.json").keys()
    assert form(org.query("SELECT Id FROM Organization").json) == form(recorded("org_query_response.json"))
    assert org.query("SELECT Id FROM Task").json == recorded("query_empty_response.json")
    grouped = org.query("SELECT CampaignId, SUM(Amount) FROM Opportunity GROUP BY CampaignId").json
    whole = form(recorded("query_aggregate_success_response.json"))
    assert form(grouped) == {**whole, "records": whole["records"][:1]}
    org.sandbox.parts.batch = 1
    first = org.query("SELECT Name FROM Lead").json
    named = json.loads(json.dumps(recorded("query_paginated_first_page_response.json")).replace("Text_Label", "Name"))
    assert form(first) == form(named)
    last = org.call("GET", first["nextRecordsUrl"]).json
    named = json.loads(json.dumps(recorded("query_paginated_last_page_response.json")).replace("Text_Label", "Name"))
    assert form(last) == form(named)


def test_a_followed_lookup_has_the_recorded_form(org: Org) -> None:
    row = org.rows("SELECT Id, Campaign.Name FROM Opportunity LIMIT 1")[0]
    parent = recorded("query_success_response.json")["records"][0]["ParentWhizbang__r"]
    assert form(row["Campaign"]) == {name: form(parent[name]) for name in ("Name", "attributes")}


def test_the_organization_has_the_recorded_keys(org: Org) -> None:
    text = (FOLDER / "cumulusci" / "GET_sobjects_Organization.yaml").read_text(encoding="utf-8")
    wanted = json.loads(yaml.safe_load(text)["response"]["body"]["string"])
    reply = org.call("GET", f"/sobjects/Organization/{org.sandbox.organization}")
    assert reply.status == 200
    assert reply.json.keys() == wanted.keys()
    assert reply.json["Address"].keys() == wanted["Address"].keys()
    own = form(reply.json)
    for name, kind in form(wanted).items():
        assert own[name] == kind or "NoneType" in (own[name], kind) or name == "Address", name


def test_describe_has_the_recorded_keys(org: Org) -> None:
    text = (FOLDER / "cumulusci" / "GET_sobjects_Custom__c_describe.yaml").read_text(encoding="utf-8")
    wanted = json.loads(yaml.safe_load(text)["response"]["body"]["string"])
    for type in ("AI_Output__c", "AI_Request__c", "Campaign", "Organization"):
        told = org.call("GET", f"/sobjects/{type}/describe").json
        assert told.keys() == wanted.keys()
        for field in told["fields"]:
            assert field.keys() == wanted["fields"][0].keys()
    own = {one["name"]: one for one in told["fields"]}
    assert form(own["Id"]) == form(wanted["fields"][0])


def test_the_recorded_conversations_run_the_same_way() -> None:
    need_recordings()
    for name in ("_rest", "complex_external_id_field_rest__duplicate_error"):
        text = (FOLDER / "cumulusci" / f"TestUpsert.test_upsert_{name}.yaml").read_text(encoding="utf-8")
        talk = [one for one in yaml.safe_load(text)["interactions"] if "request" in one]
        with running(sample=False) as org:
            token, ids = admin(org), {}
            for one in talk:
                replay(org, token, one["request"], one["response"], ids)
            assert ids


def replay(org: Org, token: str, request: Any, response: Any, ids: dict[str, str]) -> None:
    """Say again what was said; ``ids`` learns which of ours stands for which of the recording."""
    if "select+FirstName%2C%28select" in request["uri"]:
        # A query inside the field list is not of the sandbox's SOQL, and says so.
        path = urlsplit(request["uri"])
        assert org.call("GET", f"{DATA}/query/?{path.query}", token=token).code == "MALFORMED_QUERY"
        return
    text = json.dumps({"uri": request["uri"], "body": request["body"]})
    for theirs, ours in ids.items():
        text = text.replace(theirs, ours)
    said = json.loads(text)
    address = urlsplit(said["uri"])
    path = address.path.replace("/vxx.0/", "/v63.0/") + (f"?{address.query}" if address.query else "")
    body = None if said["body"] is None else said["body"].encode()
    reply = org.call(request["method"], path, body, token=token)
    assert reply.status == response["status"]["code"]
    wanted, got = json.loads(response["body"]["string"]), reply.json
    if "/limits/recordCount" in path:
        # The recorded counts were taken before the org caught up.
        assert [one.keys() for one in got["sObjects"]] in ([], [{"count": 0, "name": 0}.keys()])
        return
    assert form(got) == form(wanted)
    written = wanted if isinstance(wanted, list) else [wanted]
    for theirs, ours in zip(written, got if isinstance(got, list) else [got], strict=True):
        if "id" in theirs:
            assert ids.setdefault(theirs["id"], ours["id"]) == ours["id"]
    if "records" in wanted:
        assert [values(one) for one in got["records"]] == [values(one) for one in wanted["records"]]


def values(row: dict[str, Any]) -> dict[str, Any]:
    """What a row says beside its id, which is each org's own."""
    return {name: value for name, value in row.items() if name not in ("Id", "attributes")}


def admin(org: Org) -> str:
    org.sandbox.add_user("admin@sommerlicht.example", "administrator")
    return org.sandbox.accounts.session("admin@sommerlicht.example")


def test_a_recorded_answer_can_be_the_seed(tmp_path: Any) -> None:
    record = {"attributes": {"type": "Campaign"}, "Id": LAUNCH, "Name": "Recorded", "Nothing": 1}
    (tmp_path / "one.json").write_text(json.dumps({"records": [record]}))
    with running(sample=False, seed=tmp_path) as org:
        assert [one["Name"] for one in org.rows("SELECT Name FROM Campaign")] == ["Recorded"]
    (tmp_path / "two.json").write_text("[]")
    with pytest.raises(ValueError, match=r"two\.json"), running(seed=tmp_path / "two.json"):
        pass
