"""The sandbox's page: people drop pictures, read what stands on them and who wrote it, edit, approve and delete."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from html import unescape
from urllib.parse import quote, urlencode

import pytest

from connectors.dam.sandbox import Sandbox, start
from connectors.dam.sandbox_pictures import look_at
from connectors.dam.sandbox_samples import HEIGHT, WIDTH, fresh, picture
from connectors.dam.sandbox_store import HUB, PERSON
from tests.connectors.dam.tiny_vendor import Reply, Tiny, running, send


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with running() as sandbox:
        yield sandbox


@pytest.fixture
def asset(sandbox: Sandbox) -> str:
    return sandbox.drop("lantern.png", picture(0))


def look(sandbox: Sandbox, path: str = "/") -> str:
    reply = send(sandbox, "GET", path)
    assert reply.status == 200
    return reply.body.decode()


def press(sandbox: Sandbox, path: str, origin: str | None = None, **form: str) -> Reply:
    """Send a form as a browser does from the page, or from another ``origin``."""
    kind = "application/x-www-form-urlencoded"
    return send(sandbox, "POST", path, urlencode(form).encode(), Content_Type=kind, Origin=origin or sandbox.url)


def line(page: str, slot: str) -> str:
    """What a slot's line says, as plain words."""
    hit = re.search(rf'data-slot="{slot}"><dt>(.*?)</dt><dd>(.*?)</dd>', page)
    return unescape(re.sub(r"<[^>]+>", " ", f"{hit[1]}: {hit[2]}")) if hit else ""


def test_a_library_without_assets_says_how_to_begin(sandbox: Sandbox) -> None:
    page = look(sandbox)
    assert "Nothing here yet" in page
    assert 'type="file"' in page


def test_a_dropped_picture_gets_a_tile_with_its_size_and_lies_in_the_vendor_s_folder(
    sandbox: Sandbox, asset: str
) -> None:
    page = look(sandbox)
    assert "<h2>lantern.png</h2>" in page
    assert f"{WIDTH} × {HEIGHT}" in page
    made = sandbox.store.get(asset)
    assert (made.folder, made.mime, made.created_by) == (Tiny.home, "image/png", PERSON)
    (address,) = re.findall(r'<img src="([^"]+)"', page)
    shown = send(sandbox, "GET", address)
    assert (shown.headers["content-type"], shown.body) == ("image/png", picture(0))


def test_whoever_wrote_a_text_stands_beside_it(sandbox: Sandbox, asset: str) -> None:
    assert line(look(sandbox), "alt_text").split() == ["Alt", "text:", "None", "yet"]
    sandbox.store.change(asset, {"alt": "A lantern", "tags": ["lake", "dusk"]}, by=HUB)
    page = look(sandbox)
    assert line(page, "alt_text").split(":")[0].split() == ["Alt", "text", "Inlay"]
    assert line(page, "tags").split() == ["Tags", "Inlay", ":", "lake", "dusk"]
    assert press(sandbox, f"/assets/{asset}/edit", alt_text="A lantern at a lake", tags="lake, dusk").status == 303
    page = look(sandbox)
    assert "Mika Lindqvist" in line(page, "alt_text")
    assert "A lantern at a lake" in line(page, "alt_text")
    # What the person left as it was is still Inlay's.
    assert "Inlay" in line(page, "tags")


def test_what_a_person_empties_is_gone(sandbox: Sandbox, asset: str) -> None:
    sandbox.store.change(asset, {"alt": "A lantern"}, by=HUB)
    press(sandbox, f"/assets/{asset}/edit", alt_text="")
    assert "alt" not in sandbox.store.get(asset).fields


def test_a_person_cannot_write_into_what_the_page_does_not_show(sandbox: Sandbox, asset: str) -> None:
    press(sandbox, f"/assets/{asset}/edit", isPublic="1", alt="x", review="Reviewed", mark="x")
    assert sandbox.store.get(asset).fields == {}


def test_the_mark_of_inlay_leads_to_the_run(sandbox: Sandbox, asset: str) -> None:
    sandbox.store.change(asset, {"review": "Not reviewed: http://127.0.0.1:8800/runs/7"}, by=HUB)
    page = look(sandbox)
    assert '<span class="badge wait">Not reviewed</span>' in page
    assert '<a href="http://127.0.0.1:8800/runs/7" rel="noreferrer">' in page


def test_an_asset_is_approved_rejected_and_deleted(sandbox: Sandbox, asset: str) -> None:
    sandbox.approve(asset)
    assert sandbox.store.get(asset).status == "approved"
    assert press(sandbox, f"/assets/{asset}/reject").status == 303
    assert sandbox.store.get(asset).status == "rejected"
    assert press(sandbox, f"/assets/{asset}/delete").headers["location"] == "/"
    assert sandbox.store.every() == []
    assert press(sandbox, f"/assets/{asset}/approve").status == 404
    with pytest.raises(ValueError):
        sandbox.approve(asset)


def test_texts_of_strangers_are_texts(sandbox: Sandbox) -> None:
    evil = '"><script>alert(1)</script>'
    sandbox.drop(f"{evil}.png", picture(0))
    id = sandbox.store.every()[0].id
    sandbox.store.change(id, {"alt": evil, "tags": [evil], "review": f"{evil} javascript:alert(1)"}, by=HUB)
    page = look(sandbox)
    assert "<script>alert" not in page
    assert 'href="javascript' not in page
    assert look(sandbox, "/tiles").count("<script") == 0


def test_a_form_sent_from_another_page_does_nothing(sandbox: Sandbox, asset: str) -> None:
    for path in (f"/assets/{asset}/delete", f"/assets/{asset}/approve", "/samples", "/assets?name=x.png"):
        assert press(sandbox, path, origin="https://evil.example", a="b").status == 403
    assert send(sandbox, "POST", f"/assets/{asset}/delete").status == 403
    assert send(sandbox, "POST", "/samples", Origin=sandbox.url, Sec_Fetch_Site="cross-site").status == 403
    assert [(one.id, one.status) for one in sandbox.store.every()] == [(asset, "draft")]


def test_nothing_but_pictures_is_shown_by_the_machine_s_browser(sandbox: Sandbox) -> None:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    for name, data, kind in (
        ("x.svg", svg, "image/svg+xml"),
        ("x.html", b"<script>", "text/html"),
        ("p", svg, "image/png"),
    ):
        reply = send(sandbox, "POST", f"/assets?name={name}", data, Content_Type=kind, Origin=sandbox.url)
        assert reply.status == 201
        assert send(sandbox, "GET", f"/pictures/{reply.body.decode()}/1").status == 404
    assert "<img" not in look(sandbox)


def test_a_name_is_never_a_path(sandbox: Sandbox) -> None:
    for name in ("../../etc/passwd.png", "C:\\pictures\\passwd.png", "a\x00\x1b\n.png", ""):
        send(sandbox, "POST", f"/assets?name={quote(name, safe='')}", b"x", Origin=sandbox.url)
    assert [one.name for one in reversed(sandbox.store.every())] == ["passwd.png", "passwd.png", "a   .png", "asset"]


def test_an_empty_file_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="400"):
        sandbox.drop("empty.png", b"")


def test_the_tiles_are_sent_again_only_when_something_changed(sandbox: Sandbox, asset: str) -> None:
    first = send(sandbox, "GET", "/tiles")
    assert send(sandbox, "GET", "/tiles", If_None_Match=first.headers["etag"]).status == 304
    sandbox.store.change(asset, {"alt": "A lantern"}, by=HUB)
    assert send(sandbox, "GET", "/tiles", If_None_Match=first.headers["etag"]).status == 200


def test_a_person_without_a_picture_takes_one_of_the_campaign(sandbox: Sandbox) -> None:
    for _ in range(4):
        assert press(sandbox, "/samples").status == 303
    names = [one.name for one in sandbox.store.every()]
    assert len(set(names)) == 4
    assert names[-1] == fresh(0)[0]


def test_the_page_runs_no_script_but_its_own(sandbox: Sandbox) -> None:
    policy = send(sandbox, "GET", "/").headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert send(sandbox, "GET", "/script").headers["content-type"].startswith("text/javascript")
    assert send(sandbox, "GET", "/style").headers["content-type"].startswith("text/css")
    assert not re.search(r"<script(?! src)|style=|\son\w+=", look(sandbox))


def test_a_target_s_page_and_texts(sandbox: Sandbox, asset: str) -> None:
    sandbox.store.change(asset, {"alt": "A lantern", "tags": ["lake", "dusk"]}, by=HUB)
    assert sandbox.page({"asset": asset}) == f"{sandbox.url}/#asset-{asset}"
    assert f'id="asset-{asset}"' in look(sandbox)
    assert sandbox.shown({"asset": asset}) == "A lantern\nlake, dusk"
    assert sandbox.shown({"asset": "gone"}) == ""


def test_the_sample_campaign_is_there_and_nobody_was_told() -> None:
    with running(sample=True) as sandbox:
        assert [one.name for one in sandbox.store.every()][-1] == "lantern-at-the-lake.png"
        assert sandbox.store.history == []
        assert "Balcony in June" in look(sandbox)


def test_a_folder_of_pictures_is_the_seed(tmp_path) -> None:
    (tmp_path / "one.png").write_bytes(picture(0))
    (tmp_path / "two.png").write_bytes(picture(1))
    sandbox = start(seed=tmp_path, sample=False, vendor=Tiny)
    try:
        assert [one.name for one in sandbox.store.every()] == ["two.png", "one.png"]
    finally:
        sandbox.stop()


@pytest.mark.parametrize(
    ("data", "seen"),
    [
        (picture(0), ("image/png", WIDTH, HEIGHT)),
        (b"GIF89a" + struct.pack("<HH", 12, 34), ("image/gif", 12, 34)),
        (b"\xff\xd8\xff\xe0\0\4\0\0\xff\xc0\0\x11\x08" + struct.pack(">HH", 34, 12) + bytes(9), ("image/jpeg", 12, 34)),
        (b"RIFF\0\0\0\0WEBPVP8X" + bytes(8) + b"\x0b\0\0\x21\0\0", ("image/webp", 12, 34)),
        (b"%PDF-1.7", ("", 0, 0)),
        (b"", ("", 0, 0)),
        (b"\xff\xd8\xff", ("image/jpeg", 0, 0)),
    ],
)
def test_a_picture_is_known_by_its_first_bytes(data: bytes, seen: tuple[str, int, int]) -> None:
    assert look_at(data) == seen
