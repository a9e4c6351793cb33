"""Pages inside a vendor's tool: who gets in, whose token writes, and what a surface placed itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.domain import Role, RunState
from hub.pipeline import look_back
from hub.sdk import NeedsPermission, Standing
from hub.store import connections, permits, teams
from hub.testing import FakeModel
from tests.flow.web.diary import AWAY, GONE, WORD
from tests.flow.web.site import OTHER
from tests.flow.web.test_api_acts import ASKED, EMAIL, SECRET
from tests.flow.web.vendor import Vendor, a_vendor
from tests.hubs import TEAM, TEMPLATE, answer, inputs, request, wait_for

DAY = 86_400.0


@pytest.fixture
def vendor(tmp_path: Path, database_url: str) -> Iterator[Vendor]:
    with a_vendor(tmp_path, database_url=database_url) as opened:
        yield opened


@pytest.fixture
def reviewing(tmp_path: Path, database_url: str) -> Iterator[Vendor]:
    """A vendor whose first run is one that a peer reviews."""
    with a_vendor(tmp_path, database_url=database_url, model=FakeModel(EMAIL, answer())) as opened:
        yield opened


def test_whom_the_vendor_does_not_prove_gets_in_nowhere(vendor: Vendor) -> None:
    for path in ("me", "templates", "runs", "runs/none"):
        answer = vendor.site.client().get(f"/connect/diary/mine/{path}", headers={"X-Person": "mara@example.com"})
        assert answer.status_code == 401
        assert "secret" not in answer.text
        assert answer.content_type == "application/problem+json"


def test_an_unknown_connection_and_another_connectors_look_like_no_proof(vendor: Vendor) -> None:
    headers = {"X-Proof": WORD, "X-Person": "mara@example.com"}
    assert vendor.site.client().get("/connect/diary/none/me", headers=headers).status_code == 401


def test_an_api_key_or_a_session_is_no_proof_of_the_vendor(vendor: Vendor) -> None:
    assert vendor.site.client().get("/connect/diary/mine/me", headers=vendor.site.bearer()).status_code == 401
    assert vendor.site.browser().get("/connect/diary/mine/me").status_code == 401


def test_a_proven_stranger_is_told_who_can_let_them_in(vendor: Vendor) -> None:
    answer = vendor.call("me", who="stranger@example.com")
    assert answer.status_code == 403
    assert "lead" in answer.json["instead"]


def test_a_person_of_a_team_without_this_connection_stays_out(vendor: Vendor) -> None:
    assert vendor.call("me", who="kim@example.com").status_code == 403


def test_a_paused_connection_lets_nobody_in(vendor: Vendor) -> None:
    with vendor.site.hub.database.transaction() as tx:
        connections.pause(tx, "mine", True, vendor.clock() + 1)
    assert vendor.call("me").status_code == 403


def test_an_address_in_another_spelling_is_the_same_person(vendor: Vendor) -> None:
    assert vendor.call("me", who=" Mara@Example.COM ").json["name"] == "Mara"


def test_a_person_of_two_teams_chooses_one_of_theirs(vendor: Vendor) -> None:
    with vendor.site.hub.database.transaction() as tx:
        teams.put_person(tx, "mara@example.com", "Mara", {TEAM: Role.MEMBER, OTHER: Role.MEMBER}, 0.0)
        connections.enable(tx, "mine", OTHER, {})
    assert vendor.call("me").json["teams"] == [TEAM, OTHER]
    assert vendor.call(f"me?team={OTHER}").json["team"] == OTHER
    assert vendor.call("me?team=nobodys").status_code == 403


def test_the_same_click_twice_is_one_run(vendor: Vendor) -> None:
    assert vendor.start("click-1")["id"] == vendor.start("click-1")["id"]
    assert vendor.start("click-2")["id"] != vendor.start("click-1")["id"]


def test_a_click_tried_again_after_the_text_changed_is_told_which_run_it_made(vendor: Vendor) -> None:
    run = vendor.start("click-1")
    body = {"key": "click-1", "template": TEMPLATE, "inputs": inputs("Another text."), "surface": "google_docs"}
    answer = vendor.call("runs", body)
    assert answer.status_code == 409
    assert run["id"] in answer.json["why"]
    assert "idempotency" not in answer.text
    assert "click again" in answer.json["instead"]


def test_templates_come_with_the_teams_most_used_first(vendor: Vendor) -> None:
    unused = vendor.call("templates").json
    last = unused[-1][0]
    assert all(uses == 0 for _, uses in unused)
    for number in range(2):
        # However it ends, it was used.
        vendor.call("runs", {"key": f"k{number}", "template": TEMPLATE, "inputs": inputs()})
    vendor.clock.now += 600
    assert vendor.call("templates").json[0] == [TEMPLATE, 2]
    assert last in [name for name, _ in unused]


def test_nobody_sees_another_teams_run_through_a_page(vendor: Vendor) -> None:
    other = vendor.site.hub.run(request("other", team=OTHER))
    assert vendor.call(f"runs/{other.id}").status_code == 404
    assert vendor.call(f"runs/{other.id}/undo", {}).status_code == 404


def test_the_person_s_own_runs_are_listed_newest_first(vendor: Vendor) -> None:
    first = vendor.start("a")["id"]
    vendor.clock.now += 1
    second = vendor.start("b")["id"]
    vendor.start("c", who="jon@example.com")
    assert [run["id"] for run in vendor.call("runs").json] == [second, first]


def test_the_token_a_person_lends_writes_their_own_run_only(vendor: Vendor) -> None:
    mine = vendor.start("a", write=True, token="token-of-mara")
    assert mine["state"] == "delivered"
    theirs = vendor.start("b", write=True, who="jon@example.com")
    assert theirs["state"] == "waiting_user"
    assert [token for token, _ in vendor.diary.written.values()] == ["token-of-mara"]


def test_two_people_are_two_accounts_for_the_vendors_limits(vendor: Vendor) -> None:
    vendor.start("a", write=True, token="token-of-mara")
    vendor.start("b", write=True, who="jon@example.com", token="token-of-jon")
    assert len(set(vendor.diary.accounts)) == 2
    assert not any("mara" in account or "jon" in account for account in vendor.diary.accounts)


def test_a_run_whose_token_is_gone_waits_and_goes_on_at_the_persons_next_click(vendor: Vendor) -> None:
    run = vendor.start("a", write=True)
    assert run["state"] == "waiting_user"
    assert "Open your diary" in run["problem"]["instead"]
    vendor.site.hub.start(workers=1)
    assert vendor.call("me", token="a-fresh-token").status_code == 200
    vendor.clock.now += 1
    assert wait_for(vendor.site.hub, run["id"]).state is RunState.DELIVERED
    assert [token for token, _ in vendor.diary.written.values()] == ["a-fresh-token"]


def test_a_lent_token_is_sealed_at_rest_and_gone_once_it_expired(vendor: Vendor, tmp_path: Path) -> None:
    vendor.call("me", token="a-token-nobody-may-read")
    hub = vendor.site.hub
    with hub.database.reading() as tx:
        sealed = permits.get(tx, "mine", "mara@example.com", vendor.clock())
    assert sealed is not None
    assert "nobody-may-read" not in sealed
    vendor.clock.now += 3001
    assert vendor.start("late", write=True)["state"] == "waiting_user"
    hub.parts.connections.forget_expired()
    with hub.database.reading() as tx:
        assert permits.get(tx, "mine", "mara@example.com", 0.0) is None
    assert not [file for file in tmp_path.rglob("*") if file.is_file() and b"nobody-may-read" in file.read_bytes()]


def test_a_draft_a_surface_placed_stands_on_the_run_with_its_receipt_once(vendor: Vendor) -> None:
    run = vendor.start("a")
    body = {"marker": "m1", "page": 7, "reviewed": True}
    placed = vendor.call(f"runs/{run['id']}/placed", body).json
    again = vendor.call(f"runs/{run['id']}/placed", {**body, "page": 8}).json
    assert [one["state"] for one in again["deliveries"]] == ["placed"]
    assert placed["deliveries"][0]["at"] == {"page": 7}
    assert placed["deliveries"][0]["connection"] == "mine"
    shown = vendor.site.client().get(f"/api/v1/runs/{run['id']}", headers=vendor.site.bearer()).json
    assert shown["deliveries"][0]["receipt"]["vendor_id"] == "p"
    assert [e["event"] for e in shown["timeline"]].count("delivery.placed") == 2


def test_what_was_placed_can_be_taken_back_by_the_surface_and_placed_again(vendor: Vendor) -> None:
    run = vendor.start("a")["id"]
    body = {"marker": "m1", "page": 7, "reviewed": True}
    vendor.call(f"runs/{run}/placed", body)
    assert vendor.call(f"runs/{run}/removed", {"marker": "m1"}).json["deliveries"][0]["state"] == "undone"
    assert vendor.call(f"runs/{run}/removed", {"marker": "m1"}).status_code == 200
    assert vendor.call(f"runs/{run}/removed", {"marker": "other"}).status_code == 409
    assert vendor.call(f"runs/{run}/placed", body).json["deliveries"][0]["state"] == "placed"


def test_a_draft_that_needs_a_review_is_not_placed_as_reviewed_before_it_was(reviewing: Vendor) -> None:
    run = _in_review(reviewing)
    reviewed = {"marker": "m", "page": 1, "reviewed": True}
    assert reviewing.call(f"runs/{run}/placed", reviewed).status_code == 409
    assert reviewing.call(f"runs/{run}/placed", {**reviewed, "reviewed": False}).status_code == 200
    hub = reviewing.site.hub
    accepted = reviewing.site.approve(run)
    assert accepted.status_code == 200, accepted.text
    hub.start(workers=1)
    reviewing.clock.now += 1
    assert wait_for(hub, run).state is RunState.DELIVERED
    # The surface clears its own line at the person's next visit, and says so.
    assert hub.get(run).review is not None
    done = reviewing.call(f"runs/{run}/placed", reviewed).json["deliveries"]
    assert [(one["state"], one["reviewed"]) for one in done] == [("placed", True)]


def test_a_run_without_a_draft_has_nothing_to_place(vendor: Vendor) -> None:
    held = vendor.call(
        "runs",
        {"key": "h", "template": TEMPLATE, "inputs": inputs(f"The key is {SECRET}.")},
    ).json
    answer = vendor.call(f"runs/{held['id']}/placed", {"marker": "m", "page": 1, "reviewed": False})
    assert answer.status_code == 409


def test_what_became_of_a_placed_draft_is_told_once_as_long_as_it_stays_the_same(vendor: Vendor) -> None:
    run = vendor.start("a")["id"]
    vendor.call(f"runs/{run}/placed", {"marker": "m", "page": 1, "reviewed": True})
    for state, changed in (("kept", 0.0), ("kept", 0.0), ("edited", 0.25)):
        vendor.call(f"runs/{run}/stands", {"marker": "m", "state": state, "changed": changed})
    shown = vendor.call(f"runs/{run}").json
    assert [e["event"] for e in shown["timeline"]].count("delivery.read_back") == 2
    assert shown["deliveries"][0]["standing"]["state"] == "edited"
    assert shown["deliveries"][0]["standing"]["changed"] == 0.25


def test_a_day_after_delivery_what_became_of_the_text_is_read_once(vendor: Vendor) -> None:
    run = vendor.start("a", write=True, token="t")["id"]
    hub = vendor.site.hub
    assert look_back.look(hub.parts) == 0
    vendor.clock.now += DAY + 1
    vendor.call("me", token="fresh")
    vendor.diary.standing = Standing(state="edited", changed=0.4)
    assert look_back.look(hub.parts) == 1
    assert look_back.look(hub.parts) == 0
    assert vendor.call(f"runs/{run}").json["deliveries"][0]["standing"] == {
        "at": vendor.clock(), "moment": "a day later", "state": "edited", "changed": 0.4,
    }  # fmt: skip


def test_what_the_asker_keeps_is_read_at_once(vendor: Vendor) -> None:
    run = vendor.start("a", write=True, token="t")["id"]
    vendor.site.client().post(f"/api/v1/runs/{run}/accept", headers=vendor.site.bearer())
    assert look_back.look(vendor.site.hub.parts) == 1
    assert vendor.call(f"runs/{run}").json["deliveries"][0]["standing"]["moment"] == "accepted"


@pytest.mark.parametrize(
    ("found", "state"),
    [(GONE, "deleted"), (Standing(state="deleted"), "deleted"), (NeedsPermission("No."), None), (AWAY, None)],
)
def test_a_place_that_cannot_be_read_is_looked_at_again_and_one_that_is_gone_is_deleted(
    vendor: Vendor, found: Any, state: str | None
) -> None:
    run = vendor.start("a", write=True, token="t")["id"]
    vendor.clock.now += DAY + 1
    vendor.call("me", token="fresh")
    vendor.diary.standing = found
    look_back.look(vendor.site.hub.parts)
    standing = vendor.call(f"runs/{run}").json["deliveries"][0]["standing"]
    assert (standing and standing["state"]) == state
    if state is None:
        vendor.diary.standing = Standing(state="kept", changed=0.0)
        vendor.clock.now += DAY + 1
        assert look_back.look(vendor.site.hub.parts) == 1
        assert vendor.call(f"runs/{run}").json["deliveries"][0]["standing"]["state"] == "kept"


def test_a_place_that_can_never_be_read_is_unknown_after_a_week(vendor: Vendor) -> None:
    run = vendor.start("a", write=True, token="t")["id"]
    vendor.diary.standing = NeedsPermission("No.")
    for _ in range(10):
        vendor.clock.now += DAY + 1
        look_back.look(vendor.site.hub.parts)
    assert vendor.call(f"runs/{run}").json["deliveries"][0]["standing"]["state"] == "unknown"
    assert look_back.look(vendor.site.hub.parts) == 0


def test_a_draft_that_needs_a_review_is_asked_for_as_a_suggestion(reviewing: Vendor) -> None:
    _in_review(reviewing, write=True, token="t")
    reviewing.start("b", write=True, token="t")
    assert reviewing.diary.suggested == [True, False]


def _in_review(vendor: Vendor, **given: Any) -> str:
    """A run that waits for its review, and its id."""
    run = vendor.start("review", **ASKED, **given)
    assert run["state"] == "in_review", run["problem"]
    return run["id"]
