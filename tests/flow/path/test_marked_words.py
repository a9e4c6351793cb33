"""A finding marks the words it is about, also in a draft whose personal data was masked for the model."""

from __future__ import annotations

from pathlib import Path

from hub.offline import Simulator
from hub.store import teams
from tests.hubs import TEAM, a_hub, request

OFFER = "Call 030 1234567 or mail bob.longname@acme-mail.com. Great offer. Save 20 % then, it is cheap."
CHEAP = {"id": "cheap", "terms": ["cheap"], "why": "We sell quality.", "instead": "Say its worth.", "severity": "warn"}


def test_each_finding_marks_its_own_words_after_values_were_put_back(tmp_path: Path) -> None:
    with a_hub(tmp_path, model=Simulator()) as hub:
        with hub.database.transaction() as tx:
            policy = {"checks": [{"name": "copy_rules", "rules": {"rules": [CHEAP]}}]}
            teams.put(tx, TEAM, "Brand team", policy, 0.0)
        run = hub.run(request(template="campaign-email", inputs={"offer": OFFER}))
        assert len(run.work.placeholders) == 2 and run.draft is not None
        text = run.draft.variants[0].text
        assert "bob.longname@acme-mail.com" in text
        marked = {
            (verdict.check, text[slice(*finding.span)].lower())
            for verdict in run.output_verdicts
            for finding in verdict.findings
            if finding.where == "variant 1" and finding.span is not None
        }
        assert ("output_contract", "save") in marked and ("output_contract", "%") in marked
        assert ("copy_rules", "cheap") in marked
        assert {words for _, words in marked if len(words) < 10} <= {"save", "%", "cheap"}
