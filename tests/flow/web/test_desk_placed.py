"""What a surface says of the drafts it placed: of one's own only, and only while they stand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.pipeline import placed
from hub.store import deliveries
from tests.flow.web.vendor import Vendor, a_vendor
from tests.hubs import TEMPLATE, kinds, request

JON = "jon@example.com"
GONE = {"marker": "m", "state": "deleted", "changed": 1.0}


@pytest.fixture
def vendor(tmp_path: Path, database_url: str) -> Iterator[Vendor]:
    with a_vendor(tmp_path, database_url=database_url) as opened:
        yield opened


def place(vendor: Vendor, run: str, *, who: str = "mara@example.com", page: int = 1, **more: Any) -> Any:
    body = {"marker": "m", "page": page, "reviewed": True, **more}
    answer = vendor.call(f"runs/{run}/placed", body, who=who)
    assert answer.status_code == 200, answer.text
    return answer.json["deliveries"]


def told(vendor: Vendor, run: str) -> int:
    return kinds(vendor.site.hub, vendor.site.hub.get(run)).count("delivery.read_back")


def test_a_colleague_says_nothing_about_a_draft_somebody_else_placed(vendor: Vendor) -> None:
    run = vendor.start("a")["id"]
    place(vendor, run)
    assert vendor.call(f"runs/{run}/stands", GONE, who=JON).status_code == 409
    assert vendor.call(f"runs/{run}/removed", {"marker": "m"}, who=JON).status_code == 409
    (still,) = vendor.call(f"runs/{run}").json["deliveries"]
    assert (still["state"], still["standing"]) == ("placed", None)


def test_a_colleague_who_places_the_same_draft_leaves_the_first_record_as_it_was(vendor: Vendor) -> None:
    run = vendor.start("a")["id"]
    place(vendor, run)
    first, second = place(vendor, run, who=JON, page=2, id="q")
    assert (first["at"], first["receipt"]["vendor_id"]) == ({"page": 1}, "p")
    assert (second["at"], second["receipt"]["vendor_id"]) == ({"page": 2}, "q")
    vendor.call(f"runs/{run}/removed", {"marker": "m"}, who=JON)
    assert [one["state"] for one in vendor.call(f"runs/{run}").json["deliveries"]] == ["placed", "undone"]


def test_a_surface_says_nothing_about_a_draft_the_hub_wrote(vendor: Vendor) -> None:
    run = vendor.start("a", write=True, token="t")
    (wrote,) = run["deliveries"]
    marker = wrote["detail"]["marker"]
    for act, body in (("stands", {**GONE, "marker": marker}), ("removed", {"marker": marker})):
        assert vendor.call(f"runs/{run['id']}/{act}", body).status_code == 409
    first, second = place(vendor, run["id"], marker=marker, page=9)
    assert (first["state"], first["receipt"]["vendor_id"]) == ("done", wrote["receipt"]["vendor_id"])
    assert (second["state"], second["at"]) == ("placed", {"page": 9})


def test_a_draft_placed_in_a_second_document_is_a_second_place(vendor: Vendor) -> None:
    run = vendor.start("a")["id"]
    place(vendor, run)
    assert [one["receipt"]["vendor_id"] for one in place(vendor, run, id="other")] == ["p", "other"]


def test_of_a_draft_that_was_taken_back_nothing_is_recorded(vendor: Vendor) -> None:
    run = vendor.start("a")["id"]
    place(vendor, run)
    vendor.call(f"runs/{run}/removed", {"marker": "m"})
    assert vendor.call(f"runs/{run}/stands", GONE).status_code == 200
    assert told(vendor, run) == 0


def test_a_draft_placed_again_after_it_was_taken_back_forgets_what_the_first_one_replaced(vendor: Vendor) -> None:
    run = vendor.start("a")["id"]
    place(vendor, run, detail={"replaced": "the text of back then"})
    place(vendor, run, detail={"mark": ""})
    with vendor.site.hub.database.reading() as tx:
        (row,) = deliveries.of_run(tx, run)
    assert row.receipt is not None
    assert row.receipt.detail["replaced"] == "the text of back then"
    vendor.call(f"runs/{run}/removed", {"marker": "m"})
    (again,) = place(vendor, run, page=5)
    assert again["at"] == {"page": 5}
    assert "replaced" not in again["detail"]


def test_a_surface_that_reports_without_end_fills_the_ledger_no_further(vendor: Vendor) -> None:
    run = vendor.start("a")["id"]
    place(vendor, run)
    for number in range(2 * placed.MOST):
        vendor.call(f"runs/{run}/stands", {"marker": "m", "state": "edited", "changed": number / 1000})
    assert told(vendor, run) == placed.MOST
    vendor.clock.now += 86_401.0
    vendor.call(f"runs/{run}/stands", GONE)
    assert vendor.call(f"runs/{run}").json["deliveries"][0]["standing"]["state"] == "deleted"


def test_a_place_that_is_gone_keeps_no_other_place_from_being_put_back(vendor: Vendor) -> None:
    run = vendor.start("a")["id"]
    for page in (1, 2, 3):
        place(vendor, run, page=page, id=f"page {page}")
    vendor.diary.torn = {2}
    answer = vendor.call(f"runs/{run}/undo", {}, token="of-mara")
    assert answer.status_code == 410
    assert answer.json["detail"].startswith("2 of 3 places are put back.")
    assert [one["state"] for one in vendor.call(f"runs/{run}").json["deliveries"]] == ["undone", "placed", "undone"]


def test_the_same_place_told_twice_is_on_record_once(vendor: Vendor) -> None:
    run = vendor.start("a")["id"]
    for _ in range(3):
        place(vendor, run)
    assert kinds(vendor.site.hub, vendor.site.hub.get(run)).count("delivery.placed") == 1


def test_a_trial_of_a_template_is_neither_offered_nor_placed(vendor: Vendor) -> None:
    hub = vendor.site.hub
    tried = hub.run(request("trial", trial=hub.parts.shelf.current(TEMPLATE).revision))
    used = vendor.start("a")["id"]
    assert [one["id"] for one in vendor.call("runs").json] == [used]
    refused = vendor.call(f"runs/{tried.id}/placed", {"marker": "m", "page": 1, "reviewed": True})
    assert refused.status_code == 409 and "trial" in refused.text
    with hub.database.reading() as tx:
        assert deliveries.of_run(tx, tried.id) == []
