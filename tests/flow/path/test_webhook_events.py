"""What the hub tells by webhook: each thing that happens as its event, thin, and with nothing private in it."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest
import structlog

from hub.cli import reference
from hub.domain import Run, RunState, Target
from hub.errors import BadRequest, InlayError, NeedsPermission, TargetGone, VendorRefused
from hub.pipeline import act, placed, receive, review, webhooks
from hub.pipeline import run as running
from hub.pipeline.webhook_events import EVENTS, FIELDS, TOLD, event_of, key, rows_of
from hub.pipeline.webhooks import Webhooks
from hub.sdk import Receipt
from hub.store import endpoints
from hub.testing import FakeModel
from hub.vault import Vault
from tests.flow import board as boards
from tests.flow.board import Board, Plugin
from tests.flow.path.telling import URL, Place, a_place
from tests.hubs import AUTHOR, KEY, REVIEWER, TEAM, TEMPLATE, answer, approve, inputs, request
from tests.receiver import NEW, OLD, Receiver, a_receiver

CARD = Target(connection="board", at={"card": "one"})
FORBIDDEN = "AKIAIOSFODNN7EXAMPLE"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with a_receiver() as made:
        yield made


@pytest.fixture
def board() -> Board:
    return Board()


@pytest.fixture
def place(tmp_path: Path, receiver: Receiver, board: Board) -> Iterator[Place]:
    """A place that is told everything, with a board to write to."""
    model = FakeModel(answer())
    with a_place(tmp_path, receiver, model=model, plugins=(("board", Plugin(board)),)) as opened:
        boards.connect(opened.hub)
        opened.declare(*EVENTS)
        yield opened


def told(place: Place) -> list[tuple[str, str | None]]:
    """What was told since the last look: each event and its status."""
    place.receiver.got.clear()
    place.sender.send()
    return [(one["type"], one["data"].get("status")) for one in place.receiver.verified()]


def written(place: Place, *, tier: int = 0, key: str = "one") -> Run:
    """A run whose draft goes to the board."""
    template = place.hub.parts.shelf.current(TEMPLATE)
    place.hub.parts.shelf.add(template.model_copy(update={"tier": tier, "name": "here", "revision": f"r{tier}"}))
    run = place.hub.run(request(key, template="here", destinations=(CARD,)))
    place.ahead += 20  # It waits for company.
    return running.work(place.hub.parts, "deliver.board") or place.hub.get(run.id)


def test_a_message_is_what_the_reference_says_and_no_more(tmp_path: Path, receiver: Receiver) -> None:
    with a_place(tmp_path, receiver) as place:
        place.declare("run.delivered")
        (run,) = place.runs(1)
        place.sender.send()
    (said,) = receiver.verified()
    assert set(said) == {"type", "timestamp", "data"}
    assert said["timestamp"].endswith("Z")
    assert said["data"] == {
        "version": 1,
        "run": run,
        "team": TEAM,
        "template": TEMPLATE,
        "status": "delivered",
        "page": f"{URL}/runs/{run}",
        "deliveries": 0,
        "simulated": False,
        "tier": 1,
    }
    assert list(said["data"])[: len(FIELDS)] == list(FIELDS)


def test_a_reviewed_run_is_told_step_by_step(place: Place) -> None:
    run = written(place, tier=2)
    assert run.state is RunState.IN_REVIEW, run.problem
    assert told(place) == [("run.received", "queued"), ("delivery.done", "done"), ("review.asked", "in_review")]
    approve(place.hub, run)
    assert told(place) == [("review.decided", "approved")]
    place.ahead += 20
    running.advance(place.hub.parts, run.id)
    assert told(place) == [("delivery.done", "done"), ("run.delivered", "delivered")]
    review.decide(place.hub.parts, place.hub.get(run.id), AUTHOR, accept=True)
    review.decide(place.hub.parts, place.hub.get(run.id), AUTHOR, accept=False)
    assert told(place) == [("output.accepted", "delivered"), ("output.rejected", "delivered")]
    act.feedback(place.hub.parts, run, AUTHOR, ease=5, useful=4, tag=None)
    assert told(place) == [("feedback.given", None)]
    assert place.receiver.said()[0]["data"]["useful"] == 4
    act.undo(place.hub.parts, place.hub.get(run.id), AUTHOR)
    assert told(place) == [("delivery.undone", "undone")]


def test_a_rejected_draft_is_told_as_decided_and_refused(place: Place) -> None:
    run = written(place, tier=2)
    told(place)
    review.decide(place.hub.parts, run, REVIEWER, accept=False, reason="Too loud, Mara.")
    assert told(place) == [("review.decided", "refused")]
    assert b"loud" not in place.receiver.got[0][1]


def test_a_cancelled_run_is_told(place: Place) -> None:
    run = place.hub.submit(request())
    act.cancel(place.hub.parts, run, AUTHOR)
    assert told(place) == [("run.received", "queued"), ("run.cancelled", "cancelled")]


def test_what_a_surface_places_itself_is_told(place: Place) -> None:
    run = place.hub.run(request())
    told(place)
    receipt = Receipt(vendor_id="x", content_hash="h", detail={"marker": "m"})
    placed.place(place.hub.parts, run, AUTHOR, CARD, receipt, reviewed=True)
    placed.remove(place.hub.parts, run, AUTHOR, "m")
    assert told(place) == [("delivery.done", "done"), ("delivery.undone", "undone")]


@pytest.mark.parametrize(
    ("url", "links"),
    [("https://board.example.com/x", ["https://board.example.com/x"]), ("javascript:alert(1)", []), ("", [])],
)
def test_a_delivery_is_told_with_the_address_of_its_text_if_that_is_a_web_address(
    place: Place, url: str, links: list[str]
) -> None:
    run = place.hub.run(request())
    placed.place(
        place.hub.parts, run, AUTHOR, CARD, Receipt(vendor_id="x", url=url, detail={"marker": "m"}), reviewed=True
    )
    assert told(place)[-1] == ("delivery.done", "done")
    assert [one["data"]["link"] for one in place.receiver.said() if "link" in one["data"]] == links


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (VendorRefused("It says no."), "failed"),
        (TargetGone("It is gone."), "orphaned"),
        (NeedsPermission("Ask."), "waiting_user"),
    ],
)
def test_a_delivery_that_stops_a_run_is_told_as_where_it_leaves_it(
    place: Place, board: Board, error: InlayError, status: str
) -> None:
    board.failing = lambda _: error
    written(place)
    assert told(place)[1:] == [("delivery.failed", status), (f"run.{status}", status)]


@pytest.mark.parametrize(
    ("model", "text", "event"),
    [
        (FakeModel(VendorRefused("The model's key is refused.")), "A sale.", "run.failed"),
        (FakeModel("<html>no</html>"), "A sale.", "run.held"),
        (FakeModel(answer()), f"Use the key {FORBIDDEN} for it.", "run.refused"),
    ],
)
def test_a_run_that_stops_before_its_draft_is_told(place: Place, model: FakeModel, text: str, event: str) -> None:
    place.hub.parts.model = model
    run = place.hub.run(request(inputs=inputs(text)))
    assert told(place) == [("run.received", "queued"), (f"run.{run.state}", run.state)]
    assert event == f"run.{run.state}"


def test_an_answer_that_was_mended_is_not_told_as_held(place: Place) -> None:
    place.hub.parts.model = FakeModel("<html>no</html>", answer())
    place.hub.run(request())
    assert told(place) == [("run.received", "queued"), ("run.delivered", "delivered")]


def test_a_request_that_cannot_be_worked_on_is_told_as_failed_and_not_as_received(place: Place) -> None:
    receive.receive(place.hub.parts, request(template="nobody-has-this"), strict=False)
    assert told(place) == [("run.failed", "failed")]


def test_every_row_of_the_ledger_that_makes_an_event_is_one_the_hub_writes() -> None:
    written: set[str] = set()
    for source in reference._sources(resources.files("hub")):
        for kind, _ in reference._entries(reference.ast.parse(source.read_text(encoding="utf-8"))):
            written |= {kind} if "…" not in kind else {kind.replace("…", state) for state in RunState}
    assert set(rows_of(EVENTS)) <= written
    assert all(kind.rows and kind.says.endswith(".") for kind in EVENTS.values())


def test_no_text_no_person_and_no_secret_leaves_or_is_logged(
    tmp_path: Path, receiver: Receiver, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver.does = [500, 503, 302, 204]
    told = "Our spring sale starts on Monday and anna.example@acme-mail.com is welcome."
    with a_place(tmp_path, receiver, log_level="DEBUG") as place:
        # One that was used before keeps the level it had then.
        monkeypatch.setattr(webhooks, "log", structlog.get_logger("inlay.webhooks"))
        place.declare(*EVENTS, secret=NEW, secret_previous=OLD)
        runs = [place.hub.run(request("private", inputs=inputs(told)))]
        runs.append(place.hub.run(request("refused", inputs=inputs(f"Use the key {FORBIDDEN} for it."))))
        for _ in range(4):
            place.sender.send()
            place.everything_is_due()
        act.feedback(place.hub.parts, runs[0], AUTHOR, ease=1, useful=None, tag="wrong facts")
        place.sender.send()
        with place.hub.database.reading() as tx:
            kept = repr((endpoints.every(tx), endpoints.late(tx, "ops"))).replace(receiver.url, "")
    logged = "".join(capfd.readouterr())
    assert "webhook not taken" in logged
    sent = b"".join(body for _, body in receiver.got).decode()
    assert {run.id for run in runs} <= {one["data"]["run"] for one in receiver.said()}
    for word in ("spring", "anna", "mara@example.com", FORBIDDEN, NEW, OLD, "person:", KEY, "of-the-receiver"):
        for where in (sent, logged, kept):
            assert word not in where


@pytest.mark.parametrize("name", ["actor", "vendor_id", "content_hash", "inputs", "problem", "checks", "model"])
def test_what_the_ledger_knows_beside_ids_and_states_stays_in_the_hub(name: str) -> None:
    assert name not in TOLD


def test_a_test_event_is_signed_and_says_what_came_back(place: Place) -> None:
    assert place.sender.test("ops").status == 204
    (said,) = place.receiver.verified()
    assert (said["type"], said["data"]) == ("webhook.test", {"version": 1, "endpoint": "ops"})
    place.receiver.does = [401]
    assert place.sender.test("ops").problem == "It answered 401."


def test_an_event_of_another_team_is_not_sent_to_an_endpoint_of_a_team(place: Place) -> None:
    run = place.hub.run(request())
    place.declare("run.delivered", name="theirs", team="another")
    with place.hub.database.reading() as tx:
        one = endpoints.get(tx, "ops")
        assert one is not None
        (found,) = [f for f in endpoints.before(tx, one, ["run.delivered"], None, 9) if f.row.run_id == run.id]
    assert event_of(found.row) == "run.delivered"
    with pytest.raises(BadRequest, match="not told"):
        place.sender.again("theirs", found.row.seq)


def test_secrets_that_can_be_opened_no_more_send_nothing_unsigned(place: Place) -> None:
    place.declare("run.delivered")
    place.runs(1)
    stranger = Webhooks(place.hub.database, Vault(["another key of thirty-two letters"]), place.clock, URL)
    assert stranger.send() == 0
    assert place.receiver.got == []
    assert "INLAY_SECRET_KEY" in place.stands().problem
    place.everything_is_due()
    assert place.sender.send() == 1


def test_sealed_secrets_open_with_the_hub_s_key_alone(place: Place) -> None:
    place.declare(secret=NEW)
    assert NEW not in place.stands().secrets
    assert Vault([KEY]).open(place.stands().secrets)["secret"].reveal() == NEW


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_c2hvcnQ=", "plain text", "whsec_!!!"])
def test_a_secret_that_protects_nothing_is_none(secret: str) -> None:
    with pytest.raises(ValueError, match=r"whsec_|padding|base64"):
        key(secret)
