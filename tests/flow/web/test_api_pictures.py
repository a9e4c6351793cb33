"""A picture sent with a run: over the API and from a connector's own page, bounded, checked, and deleted."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hub.pipeline import picture as pictured
from hub.sdk.picture import LARGEST
from hub.store.tables import picture
from hub.testing import FakeModel
from tests.flow import album
from tests.flow.path.test_pictures import SAID
from tests.flow.web.site import Site, open_site
from tests.flow.web.vendor import a_vendor

JPEG = b"\xff\xd8\xff a boat"


@pytest.fixture
def model() -> FakeModel:
    return FakeModel(SAID)


@pytest.fixture
def site(tmp_path: Path, model: FakeModel) -> Iterator[Site]:
    with open_site(tmp_path, model=model, templates=album.captions(tmp_path)) as site:
        yield site


def body(data: bytes = JPEG, media_type: str = "image/jpeg", **more: Any) -> dict[str, Any]:
    sent = {"media_type": media_type, "base64": base64.b64encode(data).decode(), **more}
    return {"template": "caption", "inputs": {"text": "IMG_2041"}, "picture": sent}


def kept(site: Site) -> int:
    with site.hub.database.reading() as tx:
        return tx.execute(sa.select(sa.func.count()).select_from(picture)).scalar_one()


def test_a_picture_sent_with_a_run_is_shown_to_the_model_and_told_by_its_hash_only(
    site: Site, model: FakeModel
) -> None:
    answer = site.start(body(), Prefer="wait=20")
    assert answer.status_code == 200, answer.text
    assert answer.json["state"] == "delivered"
    ((shown,),) = [one.pictures for one in model.prompts]
    assert (shown.media_type, shown.data) == ("image/jpeg", JPEG)
    answered = next(one for one in answer.json["timeline"] if one["event"] == "model.answered")
    assert answered["data"]["picture"] == pictured.digest(shown)
    assert base64.b64encode(JPEG).decode() not in answer.text
    pictured.forget(site.hub.parts)
    assert kept(site) == 0


def test_the_largest_picture_fits_into_a_request(site: Site, model: FakeModel) -> None:
    whole = JPEG.ljust(LARGEST, b"\0")
    assert site.start(body(whole), Prefer="wait=20").status_code == 200
    assert model.prompts[0].pictures[0].data == whole


@pytest.mark.parametrize(
    ("sent", "status", "field"),
    [
        (body(JPEG.ljust(LARGEST + 3, b"\0")), 422, "picture.base64"),
        (body(media_type="image/svg+xml"), 422, "picture.media_type"),
        (body(url="https://pictures.example.com/a.png"), 422, "picture.url"),
        ({**body(), "picture": {"media_type": "image/jpeg", "base64": "/9j/ not base64"}}, 422, "picture.base64"),
        ({**body(), "picture": {"media_type": "image/jpeg", "base64": "/9j/\n/9j/"}}, 422, "picture.base64"),
        ({**body(), "picture": {"media_type": "image/jpeg", "base64": ""}}, 422, "picture.base64"),
        ({**body(), "picture": {"media_type": "image/jpeg"}}, 422, "picture.base64"),
        ({**body(), "picture": "/9j/"}, 422, "picture"),
        (body(b"<svg onload=alert(1)>"), 400, None),
        (body(media_type="image/png"), 400, None),
        (body(JPEG.ljust(LARGEST + 1, b"\0")), 400, None),
    ],
)
def test_a_picture_that_cannot_be_shown_is_refused_by_name_and_stored_nowhere(
    site: Site, model: FakeModel, sent: dict[str, Any], status: int, field: str | None
) -> None:
    answer = site.start(sent, Prefer="wait=20")
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"
    if field:
        assert field in answer.json["fields"]
    else:
        assert answer.json["why"] and answer.json["instead"]
    assert "alert" not in answer.text and "AAAA" not in answer.text
    assert model.calls == 0 and kept(site) == 0


def test_a_run_that_needs_a_picture_is_refused_without_one(site: Site) -> None:
    answer = site.start({"template": "caption", "inputs": {"text": "IMG_2041"}})
    assert answer.status_code == 400
    assert "picture" in answer.json["detail"] and answer.json["instead"]


def test_programs_and_panels_learn_which_templates_look_at_a_picture(site: Site) -> None:
    listed = site.client().get("/api/v1/templates", headers=site.bearer()).get_json()["templates"]
    assert {one["name"]: one["picture"] for one in listed}["caption"] == "required"
    assert {one["name"]: one["picture"] for one in listed}["brief-from-notes"] == "none"
    spec = site.client().get("/openapi.json").get_json()["components"]["schemas"]
    assert spec["Image"]["properties"]["base64"]["contentEncoding"] == "base64"
    assert spec["Image"]["properties"]["media_type"]["enum"] == ["image/jpeg", "image/png", "image/webp", "image/gif"]


def test_the_form_of_a_template_takes_the_picture_it_looks_at(site: Site, model: FakeModel) -> None:
    browser = site.browser()
    page = browser.get("/templates/caption").text
    assert 'enctype="multipart/form-data"' in page and 'type="file"' in page
    assert 'type="file"' not in browser.get("/templates/brief-from-notes").text

    def file(data: bytes, name: str = "boat.jpg") -> dict[str, Any]:
        return {"input.text": "IMG_2041", "picture": (BytesIO(data), name)}

    sent = browser.post("/templates/caption", file(JPEG), at="/templates/caption")
    assert sent.status_code == 303, sent.text
    assert model.prompts[0].pictures[0].data == JPEG
    for wrong in (
        file(b"<svg/>"),
        file(b"<svg/>", "boat.svg"),
        file(b""),
        {"input.text": "a", "picture": (BytesIO(b""), "")},
    ):
        refused = browser.post("/templates/caption", wrong, at="/templates/caption")
        assert refused.status_code == 400 and "picture" in refused.text
    assert model.calls == 1


def test_a_page_in_a_vendors_tool_sends_the_picture_it_stands_before(tmp_path: Path, model: FakeModel) -> None:
    with a_vendor(tmp_path, model=model, templates=album.captions(tmp_path)) as vendor:
        said = vendor.start(template="caption", inputs={"text": "IMG"}, drawn=album.PNG.hex())
        assert said["state"] == "delivered"
        assert model.prompts[0].pictures[0].data == album.PNG
        wrong = {"key": "w", "template": "caption", "inputs": {"text": "IMG"}, "drawn": "00ff"}
        assert vendor.call("runs", wrong).status_code == 400
