"""In whose name Inlay works at a vendor: whoever lent a token, where they sent it, and nobody in their place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.domain import Role, RunState
from hub.pipeline import look_back
from hub.store import connections, deliveries, teams
from hub.testing import FakeModel
from tests.flow.web.diary import GONE
from tests.flow.web.site import OTHER
from tests.flow.web.test_api_acts import ASKED, EMAIL
from tests.flow.web.vendor import Vendor, a_vendor
from tests.hubs import kinds

DAY = 86_400.0
HOUR = 3_600.0
MARA, JON = "mara@example.com", "jon@example.com"
ACCOUNT = "the-account-of-the-connection"


@pytest.fixture
def vendor(tmp_path: Path, database_url: str) -> Iterator[Vendor]:
    """A diary that every teammate's token opens, and the account of the connection too."""
    with a_vendor(tmp_path, database_url=database_url) as opened:
        opened.diary.account = ACCOUNT
        opened.diary.locked = True
        yield opened


def stuck(vendor: Vendor, token: str = "of-mara") -> str:
    """Mara's run, asked for with her token, which may not write there."""
    vendor.diary.refused = {token}
    run = vendor.start("a", write=True, token=token)
    assert run["state"] == "waiting_user", run
    return run["id"]


def stuck_before_it_wrote(vendor: Vendor) -> str:
    """The same, when it was read already and only writing is refused."""
    vendor.diary.locked = False
    run = stuck(vendor)
    assert vendor.site.hub.get(run).draft is not None
    return run


def owner(vendor: Vendor, run: str) -> str | None:
    with vendor.site.hub.database.reading() as tx:
        return deliveries.of_run(tx, run)[0].on_behalf_of


def moved_by_jon(vendor: Vendor, run: str, **headers: str) -> Any:
    """Jon, a teammate, sends the run to another page: from the vendor's tool with a token, else over the API."""
    if headers:
        return vendor.call(f"runs/{run}/resume", {"at": {"page": 13}}, who=JON, **headers)
    return vendor.site.client().post(
        f"/api/v1/runs/{run}/resume", json={"at": {"page": 13}}, headers=vendor.site.bearer("jon")
    )


@pytest.mark.parametrize("stop", [stuck, stuck_before_it_wrote])
def test_a_run_a_teammate_moves_is_not_read_or_written_with_the_askers_token(vendor: Vendor, stop: Any) -> None:
    run = stop(vendor)
    vendor.diary.refused = set()
    assert moved_by_jon(vendor, run).status_code == 200
    assert vendor.work(run).state is RunState.DELIVERED
    assert {token for token, at in vendor.diary.opened if at == {"page": 13}} == {ACCOUNT}


@pytest.mark.parametrize("stop", [stuck, stuck_before_it_wrote])
def test_a_run_a_teammate_moves_with_a_token_of_their_own_is_theirs_there(vendor: Vendor, stop: Any) -> None:
    run = stop(vendor)
    assert moved_by_jon(vendor, run, token="of-jon").status_code == 200
    assert vendor.work(run).state is RunState.DELIVERED
    assert {token for token, at in vendor.diary.opened if at == {"page": 13}} == {"of-jon"}
    assert owner(vendor, run) == JON


@pytest.mark.parametrize("stop", [stuck, stuck_before_it_wrote])
def test_the_askers_next_visit_lends_nothing_to_a_place_somebody_else_chose(vendor: Vendor, stop: Any) -> None:
    run = stop(vendor)
    vendor.diary.account = None
    moved_by_jon(vendor, run)
    assert vendor.work(run).state is RunState.WAITING_USER
    vendor.diary.refused = set()
    vendor.call("me", token="fresh-of-mara")
    assert vendor.work(run).state is RunState.WAITING_USER
    assert "fresh-of-mara" not in [token for token, _ in vendor.diary.opened]
    # It is hers again where she sends it herself.
    vendor.call(f"runs/{run}/resume", {"at": {"page": 2}}, token="fresh-of-mara")
    assert vendor.work(run).state is RunState.DELIVERED
    assert vendor.diary.opened[-1] == ("fresh-of-mara", {"page": 2})


def test_a_run_that_waits_for_whoever_moved_it_goes_on_at_their_visit(vendor: Vendor) -> None:
    run = stuck_before_it_wrote(vendor)
    vendor.diary.refused |= {"of-jon"}
    moved_by_jon(vendor, run, token="of-jon")
    assert vendor.work(run).state is RunState.WAITING_USER
    vendor.call("me", token="fresh-of-mara")
    assert vendor.work(run).state is RunState.WAITING_USER
    vendor.call("me", token="fresh-of-jon", who=JON)
    assert vendor.work(run).state is RunState.DELIVERED
    assert vendor.diary.opened[-1] == ("fresh-of-jon", {"page": 13})


def test_a_teammate_who_lets_a_run_go_on_where_it_is_leaves_it_the_askers(vendor: Vendor) -> None:
    run = stuck_before_it_wrote(vendor)
    vendor.diary.refused = set()
    vendor.call(f"runs/{run}/resume", {}, who=JON, token="of-jon")
    assert vendor.work(run).state is RunState.DELIVERED
    assert vendor.diary.opened[-1][0] == "of-mara"


@pytest.mark.parametrize("stop", [stuck, stuck_before_it_wrote])
def test_when_a_lent_token_ended_the_run_waits_and_no_other_account_steps_in(vendor: Vendor, stop: Any) -> None:
    run = stop(vendor)
    vendor.clock.now += HOUR
    resumed = vendor.site.client().post(f"/api/v1/runs/{run}/resume", json={}, headers=vendor.site.bearer("jon"))
    assert resumed.status_code == 200
    waiting = vendor.work(run)
    assert waiting.state is RunState.WAITING_USER
    assert waiting.problem is not None
    assert "Open Inlay in Diary" in waiting.problem.instead
    assert ACCOUNT not in [token for token, _ in vendor.diary.opened]
    vendor.call("me", token="fresh-of-mara")
    assert vendor.work(run).state is RunState.DELIVERED
    assert vendor.diary.opened[-1][0] == "fresh-of-mara"


def test_a_draft_accepted_after_the_token_ended_is_cleared_at_the_askers_next_visit(tmp_path: Path) -> None:
    with a_vendor(tmp_path, model=FakeModel(EMAIL)) as vendor:
        vendor.diary.account = ACCOUNT
        run = vendor.start("a", write=True, token="of-mara", **ASKED)["id"]
        vendor.clock.now += HOUR
        accepted = vendor.site.approve(run)
        assert accepted.status_code == 200, accepted.text
        assert vendor.work(run).state is RunState.WAITING_USER
        vendor.call("me", token="fresh-of-mara")
        assert vendor.work(run).state is RunState.DELIVERED
        assert [token for token, _ in vendor.diary.opened] == ["of-mara", "fresh-of-mara"]
        assert vendor.diary.suggested == [True, False]


def test_a_run_nobody_lent_a_token_for_is_the_accounts_until_the_asker_lends_one(vendor: Vendor) -> None:
    vendor.diary.refused = {ACCOUNT}
    run = vendor.start("a", write=True)["id"]
    assert vendor.site.hub.get(run).state is RunState.WAITING_USER
    vendor.call("me", token="of-mara")
    assert vendor.work(run).state is RunState.DELIVERED
    assert owner(vendor, run) == MARA
    assert vendor.diary.opened[-1][0] == "of-mara"


def test_a_person_who_left_a_team_still_gets_in_and_lends_nothing_to_its_runs(vendor: Vendor) -> None:
    run = stuck(vendor)
    with vendor.site.hub.database.transaction() as tx:
        connections.enable(tx, "mine", OTHER, {})
        teams.put_person(tx, MARA, "Mara", {OTHER: Role.MEMBER}, 0.0)
    vendor.diary.refused = set()
    answer = vendor.call("me", token="fresh-of-mara")
    assert answer.status_code == 200
    assert answer.json["team"] == OTHER
    assert vendor.site.hub.get(run).state is RunState.WAITING_USER


@pytest.mark.parametrize("locked", [True, False])
def test_a_token_that_arrives_while_a_run_is_at_work_with_an_old_one_is_used_at_once(
    vendor: Vendor, locked: bool
) -> None:
    vendor.diary.locked = locked
    vendor.diary.refused = {"old"}

    def visit() -> None:
        vendor.clock.now += 1
        vendor.call("me", token="fresh")

    vendor.diary.meanwhile = visit
    run = vendor.start("a", write=True, token="old")["id"]
    assert vendor.work(run).state is RunState.DELIVERED
    assert [token for token, _ in vendor.diary.opened][:2] == ["old", "fresh"]


def test_a_token_that_arrives_meanwhile_and_opens_nothing_either_is_tried_once(vendor: Vendor) -> None:
    vendor.diary.refused = {"old", "fresh"}

    def visit() -> None:
        vendor.clock.now += 1
        vendor.call("me", token="fresh")

    vendor.diary.meanwhile = visit
    run = vendor.start("a", write=True, token="old")["id"]
    assert vendor.work(run).state is RunState.WAITING_USER
    assert [token for token, _ in vendor.diary.opened] == ["old", "fresh"]
    assert kinds(vendor.site.hub, vendor.site.hub.get(run)).count("run.resumed") == 1


def test_what_only_its_writer_can_see_is_not_called_deleted_by_another_account(vendor: Vendor) -> None:
    run = vendor.start("a", write=True, token="of-mara")["id"]
    vendor.clock.now += DAY + 1
    vendor.diary.standing = GONE
    assert look_back.look(vendor.site.hub.parts) == 1
    assert vendor.call(f"runs/{run}").json["deliveries"][0]["standing"] is None
    vendor.clock.now += DAY + 1
    vendor.call("me", token="fresh-of-mara")
    assert look_back.look(vendor.site.hub.parts) == 1
    assert vendor.call(f"runs/{run}").json["deliveries"][0]["standing"]["state"] == "deleted"


def test_what_the_account_wrote_itself_and_finds_no_more_is_deleted(vendor: Vendor) -> None:
    run = vendor.start("a", write=True)["id"]
    vendor.clock.now += DAY + 1
    vendor.diary.standing = GONE
    look_back.look(vendor.site.hub.parts)
    assert vendor.call(f"runs/{run}").json["deliveries"][0]["standing"]["state"] == "deleted"


def test_the_account_looks_back_at_a_text_it_can_see_once_the_token_is_gone(vendor: Vendor) -> None:
    run = vendor.start("a", write=True, token="of-mara")["id"]
    vendor.clock.now += DAY + 1
    look_back.look(vendor.site.hub.parts)
    assert vendor.call(f"runs/{run}").json["deliveries"][0]["standing"]["state"] == "kept"
