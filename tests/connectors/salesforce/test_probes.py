"""The check of a connection: each thing that can be wrong in an org fails its own probe, with the one fix and who."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from connectors.salesforce.needs import OUTPUT, REQUEST
from connectors.salesforce.probes import check
from connectors.salesforce.sandbox_samples import INTEGRATION
from hub.sdk import Probe, Secret
from tests.connectors.salesforce.connector_bench import CONSUMER, Bench, sandboxed

ADMIN, SALESFORCE_ADMIN = "an admin", "a Salesforce admin"
ALL = [
    "token",
    "organization",
    "sandbox",
    "output",
    "output_fields",
    "output_key",
    "output_lengths",
    "output_values",
    "request",
    "request_fields",
    "request_lengths",
    "request_values",
    "usage",
    "inbound",
]


def failing(probes: list[Probe]) -> list[Probe]:
    return [one for one in probes if not one.ok]


def test_a_sound_org_passes_every_probe() -> None:
    with sandboxed() as bench:
        probes = check(bench.connection())
        calls = bench.sandbox.calls()
    assert [one.id for one in probes] == ALL
    assert failing(probes) == []
    assert all(one.fix == one.who == "" for one in probes)
    assert (calls["logins"], calls["reads"], calls["writes"]) == (1, 3, 0)


def test_the_optional_parts_are_tried_where_the_settings_ask_for_them() -> None:
    with sandboxed() as bench:
        probes = check(bench.connection(tasks=True, record_fields=("Campaign.Description", "Lead.Description")))
    assert failing(probes) == []
    assert {"task", "task_fields", "task_key", "record_fields"} <= {one.id for one in probes}


def test_a_sandbox_org_fits_a_connection_that_says_so() -> None:
    with sandboxed(is_sandbox=True, domain="sommerlicht--uat.sandbox.my.salesforce.com") as bench:
        assert failing(check(bench.connection())) == []


def rights(bench: Bench) -> Any:
    return bench.sandbox.accounts.user(INTEGRATION).rights


def schema(bench: Bench) -> Any:
    return bench.sandbox.store.schema


#: What is done to the org, or said in the settings: the probe that fails, its fix, and who acts.
FAULTS: dict[str, tuple[Callable[[Bench], Any], dict[str, Any], str, str, str]] = {
    "the user lost the app's permission": (
        lambda b: b.sandbox.accounts.revoke_approval(CONSUMER, INTEGRATION),
        *({}, "token", "permission set", SALESFORCE_ADMIN),
    ),
    "the app is gone": (
        lambda b: None,
        *({"consumer_key": "3MVG9.another.key"}, "token", "Copy the consumer key", ADMIN),
    ),
    "the audience is wrong": (
        lambda b: None,
        *({"login_audience": "https://test.salesforce.com"}, "token", "login_audience", ADMIN),
    ),
    "the secret was changed": (
        lambda b: b.sandbox.accounts.register(CONSUMER, secret="another", run_as=INTEGRATION),
        *({"private_key": None, "consumer_secret": Secret("old")}, "token", "consumer secret", ADMIN),
    ),
    "the client credentials flow has no user": (
        lambda b: b.sandbox.accounts.register(CONSUMER, secret="s"),
        *({"private_key": None, "consumer_secret": Secret("s")}, "token", "Run As", SALESFORCE_ADMIN),
    ),
    "the org is another": (
        lambda b: None,
        *({"organization_id": "00DHs0000000009"}, "organization", "organization_id", ADMIN),
    ),
    "the org tells the user nothing": (
        lambda b: rights(b).grant("Organization", ""),
        *({}, "organization", "AI_Hub_Integration", SALESFORCE_ADMIN),
    ),
    "outputs are not deployed": (
        lambda b: schema(b).drop("AI_Output__c"),
        *({}, "output", "AI_Hub_Integration", SALESFORCE_ADMIN),
    ),
    "outputs may not be made": (
        lambda b: rights(b).grant("AI_Output__c", "ru"),
        *({}, "output", "AI_Hub_Integration", SALESFORCE_ADMIN),
    ),
    "a field of outputs is hidden": (
        lambda b: rights(b).hide("AI_Output__c.Body__c"),
        *({}, "output_fields", "AI_Hub_Integration", SALESFORCE_ADMIN),
    ),
    "a field of outputs may not be written": (
        lambda b: rights(b).lock("AI_Output__c.Provenance__c"),
        *({}, "output_fields", "AI_Hub_Integration", SALESFORCE_ADMIN),
    ),
    "the key is not unique": (
        lambda b: schema(b).change("AI_Output__c", "Hub_Key__c", unique=False),
        *({}, "output_key", "Object Manager", SALESFORCE_ADMIN),
    ),
    "the key is no external id": (
        lambda b: schema(b).change("AI_Output__c", "Hub_Key__c", external=False),
        *({}, "output_key", "Object Manager", SALESFORCE_ADMIN),
    ),
    "the key is too short": (
        lambda b: schema(b).change("AI_Output__c", "Hub_Key__c", length=32),
        *({}, "output_key", "Object Manager", SALESFORCE_ADMIN),
    ),
    "a text is too short": (
        lambda b: schema(b).change("AI_Output__c", "Body__c", length=1000),
        *({}, "output_lengths", "Deploy", SALESFORCE_ADMIN),
    ),
    "a list of outputs lacks a value": (
        lambda b: schema(b).change("AI_Output__c", "Review_Status__c", values=("Not needed", "Reviewed")),
        *({}, "output_values", "Deploy", SALESFORCE_ADMIN),
    ),
    "requests are not deployed": (
        lambda b: schema(b).drop("AI_Request__c"),
        *({}, "request", "AI_Hub_Integration", SALESFORCE_ADMIN),
    ),
    "requests may not be edited": (
        lambda b: rights(b).grant("AI_Request__c", "r"),
        *({}, "request", "AI_Hub_Integration", SALESFORCE_ADMIN),
    ),
    "a field of requests is hidden": (
        lambda b: rights(b).hide("AI_Request__c.Instructions__c"),
        *({}, "request_fields", "AI_Hub_Integration", SALESFORCE_ADMIN),
    ),
    "a request's status may not be written": (
        lambda b: rights(b).lock("AI_Request__c.Status__c"),
        *({}, "request_fields", "AI_Hub_Integration", SALESFORCE_ADMIN),
    ),
    "a request's note is too short": (
        lambda b: schema(b).change("AI_Request__c", "Status_Note__c", length=80),
        *({}, "request_lengths", "Deploy", SALESFORCE_ADMIN),
    ),
    "a list of requests lacks a value": (
        lambda b: schema(b).change("AI_Request__c", "Status__c", values=("Requested", "Ready")),
        *({}, "request_values", "Deploy", SALESFORCE_ADMIN),
    ),
    "tasks have no key": (
        lambda b: schema(b).drop("Task", "AI_Hub_Key__c"),
        *({"tasks": True}, "task_fields", "AI_Hub_Integration", SALESFORCE_ADMIN),
    ),
    "a record's field may not be written": (
        lambda b: rights(b).lock("Campaign.Description"),
        *({"record_fields": ("Campaign.Description",)}, "record_fields", "edit access", SALESFORCE_ADMIN),
    ),
    "a record's field is not there": (
        lambda b: None,
        *({"record_fields": ("Lead.Gone__c",)}, "record_fields", "record_fields", SALESFORCE_ADMIN),
    ),
    "the share of calls is used": (
        lambda b: b.sandbox.accounts.use(12_500),
        *({}, "usage", "Find out what uses the calls", SALESFORCE_ADMIN),
    ),
    "no calls are left": (
        lambda b: b.sandbox.accounts.use(15_000),
        *({}, "usage", "Find out what uses the calls", SALESFORCE_ADMIN),
    ),
    "the calls run out on the way": (
        lambda b: b.sandbox.accounts.use(14_999),
        *({}, "usage", "Find out what uses the calls", SALESFORCE_ADMIN),
    ),
    "no token is set for outbound messages": (
        lambda b: None,
        *({"inbound_token": None}, "inbound", "Set inbound_token", ADMIN),
    ),
    "no outbound message is named": (
        lambda b: None,
        *({"action_ids": ()}, "inbound", "Set action_ids", ADMIN),
    ),
    "sessions are refused": (
        lambda b: b.sandbox.faults.add("expired-session", times=None),
        *({}, "organization", "login history", SALESFORCE_ADMIN),
    ),
    "the org does not answer": (
        lambda b: b.sandbox.faults.add("503", on="token", times=None),
        *({}, "token", "domain", ADMIN),
    ),
    "a proxy answers": (
        lambda b: b.sandbox.faults.add("html", on="query", times=None),
        *({}, "organization", "domain", ADMIN),
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_fails_its_own_probe_and_names_its_fix(fault: str) -> None:
    plant, settings, id, fix, who = FAULTS[fault]
    with sandboxed() as bench:
        opened = bench.connection(**settings)
        plant(bench)
        probes = check(opened)
    wrong = failing(probes)
    assert [one.id for one in wrong] == [id], [(one.id, one.what) for one in wrong]
    assert fix in wrong[0].fix
    assert wrong[0].who == who
    assert wrong[0].what


def test_an_org_of_the_other_kind_is_told_from_its_twin() -> None:
    with sandboxed() as bench:
        opened = bench.connection()
        (organization,) = bench.sandbox.store.rows("Organization")
        kind = schema(bench).get("Organization")
        bench.sandbox.store.update(kind, organization.id, {"IsSandbox": True})
        wrong = failing(check(opened))
    assert [(one.id, one.who) for one in wrong] == [("sandbox", ADMIN)]
    assert "https://test.salesforce.com" in wrong[0].fix


def test_a_feature_that_is_off_fails_no_check() -> None:
    with sandboxed() as bench:
        schema(bench).drop("Task", "AI_Hub_Key__c")
        probes = check(bench.connection(tasks=True, inbound_token=None, record_fields=("Campaign.Gone__c",)))
    assert {one.id for one in failing(probes)} == {"task_fields", "record_fields", "inbound"}
    assert all(one.optional for one in failing(probes))


def test_the_check_goes_past_the_share_and_leaves_the_connection_s_own_client_alone() -> None:
    with sandboxed() as bench:
        bench.sandbox.accounts.use(13_000)
        opened = bench.connection()
        assert [one.id for one in check(opened)] == ALL
        assert opened.memory == {}


def test_what_the_connector_needs_is_what_the_sample_org_has() -> None:
    with sandboxed() as bench:
        for need in (OUTPUT, REQUEST):
            known = schema(bench).get(need.object).names
            assert {name.lower() for name in (*need.writes, *need.reads, *need.lengths, *need.values)} <= set(known)
            assert all(known[name.lower()].length == length for name, length in need.lengths.items())


def test_no_probe_tells_a_secret() -> None:
    with sandboxed() as bench:
        opened = bench.connection(private_key=None, consumer_secret=Secret("very-secret-value"))
        told = " ".join(f"{one.what} {one.fix}" for one in check(opened))
    assert "very-secret" not in told
    assert CONSUMER not in told
    assert INTEGRATION not in told
