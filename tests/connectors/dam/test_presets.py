"""Every preset that ships is whole and says how far it is verified; a preset that would prove nothing is refused."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from connectors.dam import dialects
from connectors.dam.asset import AssetEvent
from connectors.dam.dialects.presets import filled, load, presets
from connectors.dam.dialects.signed import Signed
from hub.sdk import Ignored
from tests.connectors.dam.signed_bench import dialect, opened, plain
from tests.connectors.dam.test_signed_hub import ATLAS
from tests.guides.guides import blocks

FOLDER = Path(dialects.__file__).parent / "presets"
NAMES = sorted(file.stem for file in FOLDER.glob("*.yaml"))
UNVERIFIED = {"acquia", "aprimo", "brandfolder", "canto", "dropbox", "frontify"}
GOOD: dict[str, Any] = yaml.safe_load(ATLAS)


def made(**changed: Any) -> dict[str, Any]:
    """A good preset with parts changed: ``prove__message`` is ``message`` in ``prove``; None takes a part out."""
    preset = copy.deepcopy(GOOD) | {"verified": False, "source": "what a test says of it"}
    for path, value in changed.items():
        *way, last = path.split("__")
        part = preset
        for step in way:
            part = part.setdefault(step, {})
        if value is None:
            part.pop(last, None)
        else:
            part[last] = value
    return preset


def test_every_file_is_a_preset_and_the_unverified_say_so_in_their_title() -> None:
    found = {one.name: one for one in presets() if isinstance(one, Signed)}
    assert set(found) == {*NAMES, "custom"}
    assert {name for name, one in found.items() if not one.preset.verified} == UNVERIFIED
    for name, one in found.items():
        assert ("unverified" in one.title) is (name in UNVERIFIED)
        assert one.preset.verified or one.preset.limits, "what is a guess is said"


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"prove__scheme": "none"}, "prove.scheme"),
        ({"prove__message": "{ts}"}, "{body}"),
        ({"prove__message": "{body}"}, "go together"),
        ({"prove__timestamp": None}, "go together"),
        ({"prove__message": "{ts}{id}{body}", "prove__id_header": "x-id"}, "must stand between"),
        ({"prove__algorithm": "sha1"}, "sha1"),
        ({"prove__algorithm": "md5"}, "algorithm"),
        ({"prove__signature": None}, "signature"),
        ({"prove__scheme": "digest", "prove__message": "{secret}{ts}|{body}"}, "ends with {secret}"),
        ({"events__type": None}, "type or constant"),
        ({"events__asset": None}, "asset is missing"),
        ({"events__id": {}}, "one of header"),
        ({"events__kinds": {"a": "confirm"}}, "confirm"),
        ({"events__kinds": {"a": "asset.exploded"}}, "events.kinds"),
        ({"fetch__url": "http://{host}/x/{id}"}, "https"),
        ({"fetch__url": "https://{id}/x"}, "made of settings"),
        ({"fetch__url": "https://{host}@evil.example/{id}"}, "plain host"),
        ({"fetch__url": "https://{host}:8080/{id}"}, "plain host"),
        ({"fetch__url": "https://{host}/{secret}"}, "{secret}"),
        ({"fetch__url": "https://{account}.x.example/{id}"}, "needs nor takes"),
        ({"fetch__headers": {"Authorization": "Bearer x"}}, "auth"),
        ({"fetch": None}, "fetch"),
        ({"asset": None}, "go together"),
        ({"write__body": "json_patch", "write__into": None, "write__entry": None}, "json_patch needs at"),
        ({"picture": {"url": "https://{host}/p", "pointer": ["/p"]}}, "a picture has"),
        ({"fields": {"isPublic": "x"}}, "no slot"),
        ({"colour": "red"}, "colour"),
        ({"handshake": "redirect"}, "handshake"),
        ({"prove__message": "{ts}1{body}"}, "beside {ts}"),
        ({"write__take": {"host": "/media/host"}}, "name of its own"),
        ({"write__take": {"id": "/media/other"}}, "name of its own"),
        ({"picture": {"pointer": "/p", "hosts": ["{id}.example"]}}, "made of settings"),
        ({"picture": {"pointer": "/p", "hosts": ["{delivery_host}"]}}, "needs nor takes"),
        ({"picture": {"pointer": "/p", "hosts": ["evil.example/x@dam.example"]}}, "picture.hosts"),
        ({"events__id": {"header": True}}, "no id is signed"),
        ({"events__id": {"hash": "body_and_time"}, "prove__timestamp": None, "prove__message": "{body}"}, "no time"),
        ({"prove": {"scheme": "standard", "algorithm": "sha1"}}, "settles everything"),
        ({"prove": {"scheme": "capability_url", "message": "{ts}"}}, "signs nothing"),
        ({"prove": {"scheme": "capability_url"}, "fetch": None, "asset": None, "write": None, "picture": None}, "read"),
        ({"largest": 10}, "largest"),
    ],
)
def test_a_preset_that_would_prove_nothing_or_lead_elsewhere_is_refused(
    changed: dict[str, Any], complaint: str
) -> None:
    filled(made(), name="atlas", where="atlas.yaml")
    with pytest.raises(ValueError, match=r"atlas\.yaml") as caught:
        filled(made(**changed), name="atlas", where="atlas.yaml")
    assert complaint in str(caught.value)


@pytest.mark.parametrize("text", ["", "- a\n", "a: [", "&a [*a]", "\x00"])
def test_a_file_that_is_no_preset_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "odd.yaml"
    file.write_text(text)
    with pytest.raises(ValueError, match=r"odd\.yaml"):
        load(file)


def test_a_preset_that_is_wrong_is_named_by_its_file_and_line_or_key(tmp_path: Path) -> None:
    file, whole = tmp_path / "atlas.yaml", ATLAS + "verified: false\nsource: a vendor that was made up\n"
    for text, complaint in (
        (whole.replace("message:", "message"), r"atlas\.yaml, line 9: it is no YAML"),
        (whole.replace("header: X-Atlas-Clock", "header: X Atlas"), r"atlas\.yaml: prove\.timestamp\.header: "),
        (whole.replace("asset: [/media/uuid]", "asset: [media.uuid]"), r"atlas\.yaml: events\.asset\.0: "),
        (ATLAS, r"atlas\.yaml: verified: "),
    ):
        file.write_text(text)
        with pytest.raises(ValueError, match=complaint):
            load(file)
    file.write_text(whole)
    assert load(file).name == "atlas"


def test_the_preset_of_the_readme_is_the_one_a_hub_is_tried_with() -> None:
    (shown,) = blocks((FOLDER.parents[1] / "README.md").read_text("utf-8"), "yaml")
    said = yaml.safe_load(shown)
    left_out = GOOD["asset"].keys() - said["asset"].keys()
    assert left_out <= {"id", "name", "width", "height"}
    assert {**said, "asset": {**GOOD["asset"], **said["asset"]}} == GOOD


def test_acquia_s_documented_bodies_are_read(recordings: Path) -> None:
    said = json.loads((recordings / "dam/acquia/docs_webhook_bodies.json").read_text("utf-8"))
    connection = opened("acquia")

    def read(body: Any) -> Any:
        call = plain(json.dumps(body).encode(), header="x_acquia_signature")
        dialect(connection).verify(connection, call, 0.0)
        (one,) = dialect(connection).read(connection, call)
        return one

    created = said["asset_created_known_fields"]
    event = read(created)
    assert isinstance(event, AssetEvent)
    assert (event.kind, event.asset) == ("asset.ready", created["asset_id"])
    assert (event.id, event.actor) == (created["webhook_delivery_id"], "user@example.com")
    assert isinstance(read(said["ping"]), Ignored)


def test_brandfolder_s_documented_body_is_read_with_its_places_filled_in(recordings: Path) -> None:
    body = json.loads((recordings / "dam/brandfolder/docs_payload_template.json").read_text("utf-8"))["body"]
    body["data"]["attributes"] |= {"key": "9tcz6k", "event_type": "asset.update", "event_time": "2026-11-20T09:15:42Z"}
    connection = opened("brandfolder")
    call = plain(json.dumps(body).encode())
    (event,) = dialect(connection).read(connection, call)
    assert isinstance(event, AssetEvent)
    assert (event.kind, event.asset, event.at) == ("asset.ready", "9tcz6k", 1_795_166_142.0)


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_calls_no_host_but_its_vendor_s_and_those_of_the_settings(name: str) -> None:
    known = {
        "standard_webhooks": {"dam.example"},
        "frameio": {"api.frame.io"},
        "acquia": {"api.widencollective.com"},
        "brandfolder": {"brandfolder.com"},
        "canto": {"acme.canto.com"},
    }
    assert set(opened(name).settings.hosts()) == known.get(name, set())


def test_a_preset_in_the_settings_is_held_to_the_same_rules_and_no_value_is_quoted() -> None:
    given = {"host": "dam.example", "client_secret": "t"}
    assert opened("custom", preset=GOOD, **given).settings.preset == GOOD
    for preset, complaint in (
        ({}, "needs preset"),
        (GOOD | {"colour": "a-value-nobody-should-see"}, "preset: colour"),
        (GOOD | {"fetch": {"url": "http://a-value-nobody-should-see/{id}"}}, "fetch.url is no https address"),
        (GOOD | {"settle": "a-value-nobody-should-see"}, "preset: settle"),
    ):
        with pytest.raises(ValueError, match=complaint) as caught:
            opened("custom", preset=preset, **given)
        assert "nobody-should-see" not in str(caught.value)


def test_a_cloud_event_in_a_standard_webhook_is_read_by_its_subject() -> None:
    told = {"specversion": "1.0", "id": "1", "source": "/dam", "time": "2026-11-20T09:15:42Z", "subject": "a-1"}
    (event,) = dialect(opened()).parse(opened(), json.dumps({**told, "type": "asset.approved"}).encode())
    assert isinstance(event, AssetEvent)
    assert (event.kind, event.asset, event.at) == ("asset.approved", "a-1", 1_795_166_142.0)
    (other,) = dialect(opened()).parse(opened(), json.dumps({**told, "type": "com.example.someevent"}).encode())
    assert isinstance(other, Ignored)
