"""The provenance of a run, over the API and as a page, and the way back to it: for the team alone."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from hub.cli import lineage
from hub.store.tables import ledger, run
from tests.flow.web.site import Site
from tests.hubs import TEMPLATE


def test_a_record_names_model_template_policy_checks_and_the_rows_that_prove_it(site: Site) -> None:
    made = record(site, site.run().id)
    assert made["model"]["name"] and made["model"]["simulated"] is False
    assert made["template"]["name"] == TEMPLATE and len(made["template"]["revision"]) == 64
    assert made["policy"]["revision"] and {check["side"] for check in made["checks"]} == {"input", "output"}
    assert made["content"]["as_recorded"] is True and made["ledger"]["holds"] is True
    assert made["ledger"]["rows"][0]["kind"] == "run.received"


def test_another_team_gets_the_same_answer_as_for_a_run_that_is_not_there(site: Site) -> None:
    theirs = site.client().get(f"/api/v1/runs/{site.run().id}/provenance", headers=site.bearer("kim"))
    nobodys = site.client().get("/api/v1/runs/nothing/provenance", headers=site.bearer("kim"))
    assert theirs.status_code == nobodys.status_code == 404
    assert theirs.json["detail"] == nobodys.json["detail"]


def test_another_team_is_told_that_nothing_stands_there(site: Site) -> None:
    made = site.run()
    passage = made.draft.variants[0].text
    for asked in ({"where": made.id}, {"text": passage}):
        assert trace(site, "mara", **asked)["found"] == 1
        theirs = trace(site, "kim", **asked)
        assert theirs["chains"] == [] and "Nothing of Inlay's" in theirs["note"]


def test_a_member_sees_pseudonyms_and_a_reviewer_sees_addresses(site: Site) -> None:
    id = site.run().id
    assert record(site, id, "mara")["request"]["asked_by"].keys() == {"pseudonym"}
    seen = record(site, id, "jon")["request"]["asked_by"]
    assert seen["person"] == "mara@example.com" and seen["pseudonym"].startswith("person:")


def test_a_passage_is_found_whatever_its_spaces_and_case(site: Site) -> None:
    made = site.run()
    passage = "  " + made.draft.variants[0].text.upper().replace(" ", "\n ")
    assert [chain["run"] for chain in trace(site, "mara", text=passage)["chains"]] == [made.id]
    assert trace(site, "mara", text="No draft has ever said this sentence.")["chains"] == []


def test_the_command_tells_a_chain_in_words(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    made = site.run()
    monkeypatch.setattr(lineage, "a_hub", lambda **_: nullcontext(site.hub))
    said = " ".join(CliRunner().invoke(lineage.command, [made.id]).output.split())
    assert "after the model: allow (" in said and "the text that was checked" in said and " UTC by person:" in said
    assert "True" not in said and str(int(made.created_at)) not in said


def test_a_row_that_was_changed_is_named_where_the_record_stands_on_it(site: Site) -> None:
    id = site.run().id
    with site.hub.database.transaction() as tx:
        tx.execute(sa.update(ledger).where(ledger.c.run_id == id, ledger.c.kind == "model.answered").values(data="{}"))
    made = record(site, id)
    assert made["ledger"]["holds"] is False
    assert [fault["why"] for fault in made["ledger"]["faults"]] == ["its content was changed"]
    chain = trace(site, "mara", where=id)["chains"][0]
    assert [step["step"] for step in chain["steps"] if not (step["ledger_row"] or {"holds": True})["holds"]] == [
        "model"
    ]
    assert "does not hold" in site.browser().get(f"/runs/{id}/provenance").text


def test_a_draft_that_was_changed_in_the_store_is_not_the_one_on_record(site: Site) -> None:
    made = site.run()
    with site.hub.database.transaction() as tx:
        stored = tx.execute(sa.select(run.c.draft).where(run.c.id == made.id)).scalar_one()
        other = stored.replace(made.draft.variants[0].text, "Everything is free.")
        tx.execute(sa.update(run).where(run.c.id == made.id).values(draft=other))
    assert record(site, made.id)["content"]["as_recorded"] is False


def test_the_page_says_what_made_the_text_and_the_run_links_to_it(site: Site) -> None:
    id = site.run().id
    assert f"/runs/{id}/provenance" in site.browser().get(f"/runs/{id}").text
    said = site.browser().get(f"/runs/{id}/provenance").text
    assert "The ledger holds here" in said and "Article 50" in said and TEMPLATE in said
    assert "Nothing found by: secrets" in said and "personal data" in said and "allow" not in said.split("<main", 1)[-1]


def test_questions_that_name_nothing_are_refused_in_words(site: Site) -> None:
    for asked in ({}, {"where": "x", "text": "a" * 30}, {"what": "x"}, {"where": "\x00"}):
        answer = site.client().get("/api/v1/lineage", query_string=asked, headers=site.bearer("mara"))
        assert answer.status_code == 400 and answer.json["detail"], asked
    for said in ({}, {"text": "short"}, {"text": "a" * 30, "days": 0}, {"text": "a" * 30, "x": 1}):
        answer = site.client().post("/api/v1/lineage", json=said, headers=site.bearer("mara"))
        assert answer.status_code == 422 and answer.json["fields"], said
    odd = {"text": "a\x00" * 30, "where": "\x00", "connection": "\x00"}
    assert site.client().post("/api/v1/lineage", json=odd, headers=site.bearer("mara")).status_code in (200, 400)


def record(site: Site, id: str, who: str = "mara") -> dict[str, Any]:
    answer = site.client().get(f"/api/v1/runs/{id}/provenance", headers=site.bearer(who))
    assert answer.status_code == 200, answer.text
    return answer.json


def trace(site: Site, who: str, **asked: str) -> dict[str, Any]:
    client, key = site.client(), site.bearer(who)
    if "text" in asked:
        answer = client.post("/api/v1/lineage", json=asked, headers=key)
    else:
        answer = client.get("/api/v1/lineage", query_string=asked, headers=key)
    assert answer.status_code == 200, answer.text
    return answer.json
