"""What the tests of write-back share: deliveries, and what stands in the org afterwards."""

from __future__ import annotations

import itertools
from typing import Any

from connectors.salesforce.sandbox import Sandbox
from connectors.salesforce.sandbox_samples import LAUNCH
from hub.sdk import Delivery, Json, Target

_numbers = itertools.count(1)
TEXT = "Summer light, now in two sizes.\n\nOrder until Friday."


def target(record: str = LAUNCH, **more: str) -> Target:
    return Target(connection="salesforce", at={"record": record, **more})


def delivery(text: str = TEXT, at: Target | None = None, **more: Any) -> Delivery:
    """A delivery under a key of its own."""
    run = more.pop("run", f"run{next(_numbers)}")
    made = {
        "run": run,
        "template": "campaign-email",
        "revision": "abc123",
        "url": f"https://inlay.example/runs/{run}",
        "title": "Campaign e-mail",
        "model": "a-model",
        "asked_by": "noor@example.com",
        "asked_at": 1_780_000_000.0,
        "findings": [],
    }
    given = {"reviewed": True, "provenance": made, **more}
    return Delivery(key=f"{run}.1", run_id=run, target=at or target(), text=text, **given)


def ask(sandbox: Sandbox, record: str = LAUNCH, template: str = "campaign-email", **more: Any) -> str:
    """A request as a planner leaves it on a campaign; its id."""
    values = {"Campaign__c": record, "Template__c": template, "Status__c": "Requested", **more}
    return sandbox.store.create("AI_Request__c", values).id


def outputs(sandbox: Sandbox) -> list[Json]:
    return rows(sandbox, "AI_Output__c")


def rows(sandbox: Sandbox, type: str) -> list[Json]:
    """The records of a type, oldest first, without those in the Recycle Bin."""
    return [{"Id": row.id, **row.values} for row in sandbox.store.rows(type)]
