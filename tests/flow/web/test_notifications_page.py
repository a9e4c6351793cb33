"""On the page Notifications everybody chooses what they are told, and nobody can have somebody else written to."""

from __future__ import annotations

from pathlib import Path

from hub.pipeline import notifications
from tests.flow.web.site import Site, open_site
from tests.mail_server import a_mail_server


def chosen(site: Site, who: str) -> dict[str, str]:
    with site.hub.database.reading() as tx:
        return notifications.chosen(tx, f"{who}@example.com")


def test_each_is_offered_what_their_role_can_hear_of_and_what_they_choose_is_kept(site: Site) -> None:
    mara, jon = site.browser("mara"), site.browser("jon")
    assert "waits for your review" not in mara.get("/notifications").text
    assert "waits for your review" in jon.get("/notifications").text
    assert jon.post("/notifications", {"reviews": "daily", "runs": "never"}, at="/notifications").status_code == 303
    assert (chosen(site, "jon")["reviews"], chosen(site, "jon")["runs"]) == ("daily", "never")
    assert chosen(site, "mara")["runs"] == "now"
    page = jon.get("/notifications").text
    assert 'name="reviews" value="daily" checked' in page and "Kept." in page


def test_a_choice_that_is_none_is_refused(site: Site) -> None:
    jon = site.browser("jon")
    assert jon.post("/notifications", {"runs": "hourly"}, at="/notifications").status_code == 400
    assert chosen(site, "jon")["runs"] == "now"


def test_without_a_mail_server_the_page_says_so_and_an_admin_how_to_set_one(site: Site) -> None:
    assert "An admin sets one" in site.browser("mara").get("/notifications").text
    assert "INLAY_SMTP_URL" in site.browser("ada").get("/notifications").text


def test_a_test_mail_goes_to_whoever_asks_and_to_nobody_they_name(tmp_path: Path) -> None:
    with (
        a_mail_server() as (server, at),
        open_site(tmp_path, smtp_url=f"smtp://{at}", mail_from="inlay@example.com") as site,
    ):
        mara = site.browser("mara")
        assert mara.post("/notifications/try", {"email": "kim@example.com"}, at="/notifications").status_code == 303
        assert server.to == ["mara@example.com"]
        server.says = ["554 no"]
        mara.post("/notifications/try", at="/notifications")
        assert "refuses this message: 554" in mara.get("/notifications").text
