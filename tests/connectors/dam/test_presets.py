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


@pytest.mark.parametrize("name", sorted(UNVERIFIED))
def test_an_unverified_preset_tells_whoever_checks_the_connection(name: str) -> None:
    given = {"account": "x"} if name == "canto" else {}
    secret = {"signing_secret": "t" * 30}
    needs = dialects.of(name).needs
    # At a port of this machine where nobody answers.
    root = {"sandbox_root": "http://127.0.0.1:9"}
    connection = opened(name, **secret, **given, **root, **({"client_secret": "t"} if "client_secret" in needs else {}))
    probe = dialect(connection).probes(connection)[0]
    assert probe.id == "preset"
    assert "unverified" in probe.what
    assert probe.fix
    assert probe.who == "an admin"


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
    connection = opened("brandfolder", signing_secret="t" * 30, client_secret="t")
    call = plain(json.dumps(body).encode())
    (event,) = dialect(connection).read(connection, call)
    assert isinstance(event, AssetEvent)
    assert (event.kind, event.asset, event.at) == ("asset.ready", "9tcz6k", 1_795_166_142.0)


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_calls_no_host_but_its_vendor_s_and_those_of_the_settings(name: str) -> None:
    one = dialects.of(name)
    needs = {
        "host": {"host": "dam.example"},
        "account": {"account": "6f70f1bd" if name != "canto" else "x"},
        "client_secret": {"client_secret": "t"},
        "client_id": {"client_id": "c"},
    }
    given: dict[str, Any] = {}
    for need in one.needs:
        given |= needs.get(need, {})
    secret = {} if name == "standard_webhooks" else {"signing_secret": "t" * 30}
    hosts = opened(name, **given, **secret).settings.hosts()
    known = {
        "standard_webhooks": {"dam.example"},
        "frameio": {"api.frame.io"},
        "acquia": {"api.widencollective.com"},
        "brandfolder": {"brandfolder.com"},
        "canto": {"x.canto.com"},
    }
    assert set(hosts) == known.get(name, set())
