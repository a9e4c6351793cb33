"""The sandbox's pages: a person asks from a campaign, reads what came, and says whether it was useful."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import urlencode

import pytest

from connectors.salesforce.sandbox_samples import LAUNCH, LEAD, OPPORTUNITY, PLANNER
from tests.connectors.salesforce.sandbox_bench import Org, Reply, running

PAGE = f"/lightning/r/Campaign/{LAUNCH}"
KEY = "ab" * 32


@pytest.fixture
def org() -> Iterator[Org]:
    with running() as org:
        yield org


def look(org: Org, path: str) -> str:
    reply = org.call("GET", path, token="")
    assert reply.status == 200
    return reply.body.decode()


def press(org: Org, path: str, origin: str | None = None, **form: str) -> Reply:
    """Send a form as a browser does from the sandbox's own page, or from another ``origin``."""
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": origin or org.sandbox.url}
    return org.send("POST", path, urlencode(form).encode(), headers)


def test_the_root_leads_to_the_campaigns_and_each_to_its_page(org: Org) -> None:
    home = org.send("GET", "/", None, {})
    assert (home.status, home.headers["Location"]) == (302, "/lightning/o/Campaign/list")
    shown = look(org, "/lightning/o/Campaign/list")
    links = re.findall(r'<th scope="row"><a href="([^"]+)">([^<]+)</a>', shown)
    assert [name for _, name in links] == [
        "Sommerlicht solar lantern: spring launch",
        "Winter evenings: search and social",
        "Campsite partners webinar",
    ]
    for address, name in links:
        page = look(org, address)
        assert f"<h1>{name}</h1>" in page
        assert "Budgeted Cost" in page
    assert "€48,000" in look(org, links[0][0])


def test_a_person_asks_from_a_campaign_and_the_request_is_theirs(org: Org) -> None:
    reply = press(org, f"{PAGE}/ask", template="campaign-email", instructions="Two lines & <b>no</b> discount")
    assert (reply.status, reply.headers["Location"]) == (303, f"{PAGE}/view#requests")
    (row,) = org.rows(
        "SELECT Id, Campaign__c, Template__c, Instructions__c, Status__c, Owner.Username FROM AI_Request__c"
    )
    assert (row["Campaign__c"], row["Template__c"], row["Status__c"]) == (LAUNCH, "campaign-email", "Requested")
    assert row["Instructions__c"] == "Two lines & <b>no</b> discount"
    assert row["Owner"]["Username"] == PLANNER
    page = look(org, f"{PAGE}/view")
    assert "AIR-0000001" in page
    assert '<span class="badge ">Requested</span>' in page
    assert "no</b>" not in look(org, f"/lightning/r/AI_Request__c/{row['Id']}/view")


@pytest.mark.parametrize(
    ("type", "id", "field"), [("Lead", LEAD, "Lead__c"), ("Opportunity", OPPORTUNITY, "Opportunity__c")]
)
def test_a_person_asks_from_a_lead_and_an_opportunity_too(org: Org, type: str, id: str, field: str) -> None:
    assert press(org, f"/lightning/r/{type}/{id}/ask", template="t").status == 303
    assert org.rows(f"SELECT {field} FROM AI_Request__c")[0][field] == id


def test_what_salesforce_refuses_is_shown_and_nothing_typed_is_lost(org: Org) -> None:
    reply = press(org, f"{PAGE}/ask", template="x" * 81, instructions='Keep "this" & <that>')
    page = reply.body.decode()
    assert reply.status == 400
    assert 'role="alert"' in page
    assert "data value too large" in page
    assert 'Keep "this" & <that>' in unescape(page)
    assert "<that>" not in page
    assert org.rows("SELECT Id FROM AI_Request__c") == []


def output(org: Org, **fields: object) -> str:
    return org.upsert(KEY, Campaign__c=LAUNCH, Status__c="Ready", **fields).json["id"]


def test_an_output_shows_its_text_escaped_and_that_nobody_reviewed_it(org: Org) -> None:
    body = "Hello,\n\n<script>alert(1)</script> & <img src=x onerror=alert(2)>"
    output(org, Title__c="<i>Title</i>", Body__c=body, Review_Status__c="Not reviewed", Model__c='m"1')
    for path in (f"{PAGE}/view", "/lightning/o/AI_Output__c/list"):
        page = look(org, path)
        assert re.search('<span class="badge wait">(Review: )?Not reviewed</span>', page)
        assert "&lt;i&gt;Title&lt;/i&gt;" in page
        assert page.count("<script") == 1  # The page's own.
        assert "<img" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in look(org, f"{PAGE}/view")
    org.upsert(KEY, Review_Status__c="Reviewed")
    assert "Not reviewed" not in look(org, f"{PAGE}/view")


def test_a_link_to_the_full_text_is_one_only_if_a_browser_may_follow_it(org: Org) -> None:
    output(org, Truncated__c=True, Full_Output_URL__c="https://inlay.example/runs/1?a=1&b=2")
    assert 'href="https://inlay.example/runs/1?a=1&amp;b=2"' in look(org, f"{PAGE}/view")
    output(org, Full_Output_URL__c="javascript:alert(1)")
    assert 'href="javascript' not in look(org, f"{PAGE}/view")


def test_a_person_says_whether_an_output_was_useful(org: Org) -> None:
    id = output(org, Title__c="One")
    reply = press(org, f"/lightning/r/AI_Output__c/{id}/feedback", feedback="Partly useful")
    assert (reply.status, reply.headers["Location"]) == (303, f"{PAGE}/view#outputs")
    (row,) = org.rows("SELECT Feedback__c, LastModifiedBy.Username FROM AI_Output__c")
    assert (row["Feedback__c"], row["LastModifiedBy"]["Username"]) == ("Partly useful", PLANNER)
    assert 'value="Partly useful" aria-pressed="true"' in look(org, f"{PAGE}/view")
    refused = press(org, f"/lightning/r/AI_Output__c/{id}/feedback", feedback="Brilliant")
    assert refused.status == 400
    assert "bad value for restricted picklist field" in refused.body.decode()


def test_a_form_sent_from_elsewhere_does_nothing(org: Org) -> None:
    id = output(org)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for path in (f"{PAGE}/ask", f"/lightning/r/AI_Output__c/{id}/feedback"):
        assert press(org, path, "https://evil.example", template="t", feedback="Useful").status == 403
        assert press(org, path, "null", template="t", feedback="Useful").status == 403
        assert org.send("POST", path, b"template=t&feedback=Useful", form).status == 403
        across = {**form, "Origin": org.sandbox.url, "Sec-Fetch-Site": "cross-site"}
        assert org.send("POST", path, b"template=t&feedback=Useful", across).status == 403
    assert org.rows("SELECT Id FROM AI_Request__c") == []
    assert org.rows("SELECT Feedback__c FROM AI_Output__c")[0]["Feedback__c"] is None


@pytest.mark.parametrize(
    "path",
    [
        f"/lightning/r/Lead/{LAUNCH}/view",
        "/lightning/r/Campaign/701Hs0000009999/view",
        "/lightning/r/Campaign/../view",
        "/lightning/o/Nothing/list",
        "/nothing",
        f"{PAGE}/ask",
    ],
)
def test_where_no_record_is_there_is_a_page_that_says_so(org: Org, path: str) -> None:
    reply = org.send("GET", path, None, {})
    assert reply.status == 404
    assert "No such record" in reply.body.decode()


def test_a_records_short_address_shows_it_too(org: Org) -> None:
    for path in (f"/{LAUNCH}", f"/{LAUNCH[:15]}", f"/lightning/r/{LAUNCH}/view"):
        assert "spring launch" in org.send("GET", path, None, {}).body.decode()


def test_a_page_runs_its_own_script_alone_and_posts_to_itself_only(org: Org) -> None:
    reply = org.call("GET", f"{PAGE}/view", token="")
    script = re.findall(r"<script>(.*?)</script>", reply.body.decode(), re.DOTALL)
    assert len(script) == 1
    known = base64.b64encode(hashlib.sha256(script[0].encode()).digest()).decode()
    policy = dict(one.split(" ", 1) for one in reply.headers["Content-Security-Policy"].split("; "))
    assert policy == {
        "default-src": "'none'",
        "style-src": "'unsafe-inline'",
        "form-action": "'self'",
        "connect-src": "'self'",
        "script-src": f"'sha256-{known}'",
    }
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
