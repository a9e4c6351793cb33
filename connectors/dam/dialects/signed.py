"""Any sender of the symmetric family: one dialect, driven by a preset. What it calls is in ``preset_api.py``."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from connectors.dam import strict_json
from connectors.dam.asset import Asset, AssetEvent, Page, Value
from connectors.dam.dialect import Dialect
from connectors.dam.dialects import pointer, preset_api, preset_calls
from connectors.dam.dialects.preset import Preset, Proof
from connectors.dam.dialects.preset_asset import seconds
from connectors.dam.one_by_one import one_by_one
from connectors.dam.proof import fresh, header, one_of, stamp, unproven
from connectors.dam.settings import DamSettings
from hub.sdk import Connection, Ignored, Inbound, InboundAnswer, InlayError, Picture, Probe, Secret

_PIECE = re.compile(r"(\{[a-z]+\})")
_ASSET_ID = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._:@=+~-]{1,200}", re.ASCII)
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{1,200}", re.ASCII)
#: A token in an address: long enough that nobody guesses it, of characters every address carries as they are.
_TOKEN = re.compile(r"[A-Za-z0-9_-]{24,200}", re.ASCII)
_SIGNING = ("signing_secret",)


class Signed(Dialect):
    """One sender, as its preset says."""

    def __init__(self, preset: Preset) -> None:
        self.preset = preset
        self.name = preset.name
        self.title = preset.title if preset.verified else f"{preset.title} (unverified preset)"
        self.verified = preset.verified
        self.needs = (*_SIGNING, *preset.needs)
        self.takes = ("signing_secret_previous", *preset.takes)
        self.fields = preset.fields
        self.never = preset.never
        self.largest = preset.largest
        self.sweep_seconds = 900.0 if preset.list else 0.0
        self.longest = preset.longest
        self.no_tag_holds = preset.no_tag_holds
        self.lag = preset.lag
        self._pieces = [piece for piece in _PIECE.split(preset.prove.message) if piece]
        self._parting = _around(self._pieces, "{id}")

    def hosts(self, settings: DamSettings) -> frozenset[str]:
        return preset_calls.hosts(self.preset, settings)

    def check(self, settings: DamSettings) -> None:
        for name in ("signing_secret", "signing_secret_previous"):
            secret: Secret | None = getattr(settings, name)
            if secret is not None:
                _check_secret(name, secret.reveal(), self.preset.prove)
        preset_calls.check(self.preset, settings)

    def handshake(self, connection: Connection, request: Inbound) -> InboundAnswer | None:
        """The echo of a challenge as plain text, where the preset has one. A challenge is letters, digits, - and _."""
        kind, _, name = self.preset.handshake.partition(":")
        if kind != "echo_query" or request.method != "GET" or name not in request.query:
            return None
        said = request.query[name]
        if not _CHALLENGE.fullmatch(said):
            raise unproven("challenge")
        return InboundAnswer(body=said.encode(), content_type="text/plain; charset=utf-8")

    def verify(self, connection: Connection, request: Inbound, now: float) -> None:
        settings: DamSettings = connection.settings
        secrets = [one.reveal() for one in (settings.signing_secret, settings.signing_secret_previous) if one]
        proof = self.preset.prove
        if not secrets:
            raise unproven("secret")
        if proof.scheme == "capability_url":
            # The address is /in/<connection>/<token>.
            sent = request.path.split("/", 3)[3] if request.path.count("/") > 2 else ""
            if not one_of(sent.encode("utf-8", "surrogatepass"), [secret.encode() for secret in secrets]):
                raise unproven("token")
            return
        assert proof.signature is not None
        given = header(request, proof.signature.header)
        signed = self._signed_headers(request, now)
        expected = [self._signature(secret, signed, request.body).encode() for secret in secrets]
        candidates = given.split(proof.signature.separator) if proof.signature.separator else [given]
        if not any([one_of(_comparable(one, proof).encode(), expected) for one in candidates]):
            raise unproven("signature")

    def _signed_headers(self, request: Inbound, now: float) -> dict[str, str]:
        """The {ts} and {id} that are signed, as they were sent.

        Raises:
            Unverified: one is missing or malformed, the time is not now, or where one ends could be read two ways.
        """
        proof, found = self.preset.prove, dict[str, str]()
        if proof.timestamp is not None:
            text = header(request, proof.timestamp.header)
            at = stamp(text) / (1000 if proof.timestamp.unit == "ms" else 1)
            fresh(at, now, past=proof.timestamp.past, future=proof.timestamp.future)
            found["{ts}"] = text
            for before, after in zip(self._pieces, self._pieces[1:], strict=False):
                # Digits of the body that stand beside the time could pass for digits of it.
                beside = request.body[-1:] if (before, after) == ("{body}", "{ts}") else b""
                beside += request.body[:1] if (before, after) == ("{ts}", "{body}") else b""
                if beside.isdigit():
                    raise unproven("boundary")
        if proof.id_header is not None:
            found["{id}"] = header(request, proof.id_header, longest=200)
            id, (before, after) = found["{id}"], self._parting
            # An id that holds what parts it from its neighbours could begin or end elsewhere.
            if (before and (before + id).rfind(before) > 0) or (after and (id + after).find(after) < len(id)):
                raise unproven("boundary")
        return found

    def _signature(self, secret: str, signed: Mapping[str, str], body: bytes) -> str:
        proof = self.preset.prove
        values = {**{name: text.encode() for name, text in signed.items()}, "{body}": body, "{secret}": secret.encode()}
        message = b"".join(values.get(piece, piece.encode()) for piece in self._pieces)
        if proof.scheme == "digest":
            made = hashlib.new(proof.algorithm, message).digest()
        else:
            key = _standard_key(secret) if proof.scheme == "standard" else secret.encode()
            made = hmac.new(key, message, proof.algorithm).digest()
        assert proof.signature is not None
        # Compared as text, so that there is one way to write each signature and nothing to decode.
        return made.hex() if proof.signature.encoding == "hex" else base64.b64encode(made).decode()

    def parse(self, connection: Connection, body: bytes) -> Sequence[AssetEvent | Ignored]:
        return self._events(body, hashlib.sha256(body).hexdigest(), "")

    def read(self, connection: Connection, request: Inbound) -> Sequence[AssetEvent | Ignored]:
        proof, hashed = self.preset.prove, hashlib.sha256(request.body)
        if proof.timestamp is not None and self.preset.events.id.hash == "body_and_time":
            hashed.update(request.headers[proof.timestamp.header].encode())
        return self._events(request.body, hashed.hexdigest(), request.headers.get(proof.id_header or "", ""))

    def _events(self, body: bytes, hashed: str, sent_id: str) -> list[AssetEvent | Ignored]:
        events = self.preset.events
        document = strict_json.read(body)
        if events.list:
            found = pointer.get(document, events.list)
            if not isinstance(found, list) or not 0 < len(found) <= events.most:
                raise strict_json.bad(f"it holds no list of 1 to {events.most} events")
        else:
            found = [document]
        one_id = sent_id if events.id.header and sent_id else hashed
        many = len(found) > 1
        return [self._event(one, f"{one_id}:{number}" if many else one_id) for number, one in enumerate(found)]

    def _event(self, event: Any, one_id: str) -> AssetEvent | Ignored:
        events = self.preset.events
        if not isinstance(event, dict) and not events.constant:
            raise strict_json.bad("an event is no object")
        native = events.constant or strict_json.text(pointer.first(event, events.type), 100)
        if not native:
            raise strict_json.bad("nothing says what happened")
        kind = events.kinds.get(native)
        if kind is None:
            shown = native if native.isascii() and native.isprintable() else "an event with an unreadable name"
            return Ignored(event=shown, why="No event this connection works on.")
        asset = pointer.first(event, events.asset)
        if isinstance(asset, int) and not isinstance(asset, bool):
            asset = str(asset)
        if not isinstance(asset, str) or not _ASSET_ID.fullmatch(asset):
            raise strict_json.bad("the id of the asset is missing or none")
        if events.id.pointer:
            one_id = strict_json.text(pointer.first(event, events.id.pointer), 200)
            if not one_id.strip() or not one_id.isprintable():
                raise strict_json.bad("the id of the event is missing")
        changed = pointer.first(event, events.changed) if events.changed else None
        names = [name for name in changed if isinstance(name, str)] if isinstance(changed, list | dict) else []
        return AssetEvent(
            id=one_id,
            kind=kind,
            asset=asset,
            native=native,
            at=seconds(pointer.first(event, events.at)) if events.at else None,
            actor=strict_json.text(pointer.first(event, events.actor)) if events.actor else "",
            changed=tuple(names[:200]),
            settle=self.preset.settle,
        )

    def acknowledge(self) -> InboundAnswer:
        status = self.preset.acknowledge
        return InboundAnswer(status=status, body=b"" if status == 204 else b'{"stored": true}')

    def fetch(self, connection: Connection, ids: Sequence[str]) -> Mapping[str, Asset | InlayError]:
        return one_by_one(list(dict.fromkeys(ids)), lambda id: preset_api.fetch(self.preset, connection, id))

    def picture(self, connection: Connection, asset: Asset) -> Picture | None:
        return preset_api.picture(self.preset, connection, asset)

    def write(self, connection: Connection, asset: Asset, changes: Mapping[str, Value]) -> None:
        preset_api.write(self.preset, connection, asset, changes)

    def changed(self, connection: Connection, since: float, cursor: Mapping[str, object]) -> Page:
        return preset_api.changed(self.preset, connection, since, cursor)

    def created(self, connection: Connection, since: float, until: float) -> tuple[str, ...]:
        return preset_api.created(self.preset, connection, since, until)

    def probes(self, connection: Connection) -> Sequence[Probe]:
        return preset_api.probes(self.preset, connection)

    def page(self, settings: DamSettings, asset: str) -> str:
        return preset_calls.fill(self.preset.page, settings, {"id": asset}) if self.preset.page else ""

    def steps(self, settings: DamSettings, url: str) -> Mapping[str, str]:
        told = {"limits.txt": "\n".join(f"- {one}" for one in self.preset.limits) + "\n"} if self.preset.limits else {}
        if self.preset.prove.scheme == "capability_url":
            url = f"{url}/<the value of signing_secret>"
        asked = {
            "send to": url,
            "events": [name for name in self.preset.events.kinds],
            "proof": self.preset.prove.model_dump(exclude_none=True, exclude_defaults=True),
        }
        return {**told, "webhook.json": json.dumps(asked, indent=2) + "\n"}


def _around(pieces: Sequence[str], token: str) -> tuple[str, str]:
    """The literal texts that part a token from another one before and after it, each empty where there is none."""
    place = pieces.index(token) if token in pieces else 0
    before = pieces[place - 1] if place > 1 else ""
    after = pieces[place + 1] if place + 2 < len(pieces) else ""
    return before, after


def _check_secret(name: str, secret: str, proof: Proof) -> None:
    if proof.scheme == "capability_url" and not _TOKEN.fullmatch(secret):
        raise ValueError(f"{name} is the end of an address here: write at least 24 random letters, digits, - and _")
    if proof.scheme == "standard":
        try:
            key = _standard_key(secret)
        except ValueError:
            key = b""
        # Standard Webhooks 1.0.0: "between 24 bytes (192 bits) and 64 bytes (512 bits)".
        if not 24 <= len(key) <= 64:
            raise ValueError(f"{name} is written as whsec_ and 24 to 64 random bytes in base64")


def _standard_key(secret: str) -> bytes:
    """
    Raises:
        ValueError: it is no base64.
    """
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("no base64") from None


def _comparable(candidate: str, proof: Proof) -> str:
    """A given signature without its prefix; one that lacks it becomes nothing."""
    assert proof.signature is not None
    if not candidate.startswith(proof.signature.prefix):
        return ""
    bare = candidate.removeprefix(proof.signature.prefix)
    return bare.lower() if proof.signature.encoding == "hex" else bare
