"""One person with both add-ons: what the sidebar says of drafts, held against what the hub wrote and can undo."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.google_docs.addon.test_hub_half import click, place
from tests.connectors.google_docs.card_bench import COPY, Google, beside_a_document
from tests.connectors.google_docs.connector_bench import body, paragraph, sha


@pytest.fixture
def google(tmp_path: Path) -> Iterator[Google]:
    with beside_a_document(tmp_path) as opened:
        yield opened


def call(google: Google, path: str, body: Any, person: str = "mara@example.com") -> Any:
    headers = {"Authorization": f"Bearer {google.signer.sidebar(person)}"}
    return google.site.client().post(f"/connect/google_docs/docs/sidebar/{path}", json=body, headers=headers)


def placed(google: Google, **given: Any) -> str:
    """A draft that the sidebar has put in place of a text, and reported; the run."""
    clicked = click(text="Old text.", document=google.document)
    run = call(google, "runs", clicked).json
    # The hub answers before the draft is there when it takes long. The same click again is the same run.
    while not run["variants"]:
        run = call(google, "runs", clicked).json
    (variant,) = run["variants"]
    document = google.sandbox.store.load(body(paragraph(variant["text"]), paragraph("After")), "placed").id
    span = {"startIndex": 1, "endIndex": 1 + len(variant["text"])}
    google.sandbox.store.edit(document, {"createNamedRange": {"name": variant["marker"], "range": span}})
    told = place(run, document=document, text_hash=sha(variant["text"]), **{"mode": "replace", **given})
    assert call(google, f"runs/{run['id']}/placed", told).status_code == 200
    google.document = document
    return run["id"]


def undo(google: Google, run: str) -> Any:
    return google.site.client().post(f"/api/v1/runs/{run}/undo", json={}, headers=google.site.bearer())


def test_undo_on_the_runs_page_puts_back_what_the_sidebar_replaced_line_breaks_included(google: Google) -> None:
    run = placed(google, replaced="Old\u2028text.")
    assert undo(google, run).status_code == 200
    assert google.text() == "Old\vtext.\nAfter\n"


def test_undo_leaves_the_draft_where_the_sidebar_could_not_keep_what_it_replaced(google: Google) -> None:
    run = placed(google, replaced=None)
    assert undo(google, run).status_code == 409
    assert google.text() == f"{COPY}\nAfter\n"


def test_undo_of_a_draft_that_was_first_a_replacement_and_then_put_below_takes_only_the_draft(google: Google) -> None:
    run = placed(google, replaced="Old text.")
    shown = call(google, f"runs/{run}/placed", {**_told(google, run), "mode": "below", "replaced": None})
    assert shown.status_code == 200
    assert undo(google, run).status_code == 200
    assert google.text() == "After\n"


def test_the_sidebar_cannot_say_that_a_draft_is_gone_which_the_hub_wrote(google: Google) -> None:
    google.rewrite()
    run = google.run_id
    with google.site.hub.database.reading() as tx:
        from hub.store import deliveries

        (row,) = deliveries.of_run(tx, run)
    assert row.receipt is not None
    answered = call(google, f"runs/{run}/removed", {"marker": row.receipt.detail["marker"]}, "jon@example.com")
    assert (answered.status_code, answered.json["instead"]) == (409, "Undo it on the run's page.")
    google.click("Refresh")
    assert google.can_click("Undo")
    assert google.text().count(COPY) == 1


def _told(google: Google, run: str) -> dict[str, Any]:
    shown = google.site.client().get(
        f"/connect/google_docs/docs/sidebar/runs/{run}",
        headers={"Authorization": f"Bearer {google.signer.sidebar('mara@example.com')}"},
    )
    return place(json.loads(shown.text), document=google.document, text_hash=sha(COPY))
