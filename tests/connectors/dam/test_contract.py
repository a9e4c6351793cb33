"""The DAM connector keeps the contract of every connector with each of its vendors, against their sandboxes."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import replace
from typing import Any, ClassVar

from connectors.dam.connector import Dam
from hub.sdk import Inbound
from hub.testing.connector_contract import ConnectorContract, Stand, posted
from tests.connectors.dam.bynder_stand import BynderStand
from tests.connectors.dam.signed_stand import SignedStand, signed
from tests.connectors.dam.stands import DamStand, secret


class DamContract(ConnectorContract):
    """What the contract is for each vendor: the same connector, and the fixtures of its dialect."""

    connector: ClassVar[Dam] = Dam()
    dialect: ClassVar[str]
    counts = "assets"

    @classmethod
    def fixtures(cls) -> dict[str, bytes]:
        # Files end with a line end, and what a sender sends does not.
        return {name: body.rstrip() for name, body in super().fixtures().items() if name.endswith(f"__{cls.dialect}")}


class CloudinaryStand(DamStand):
    dialect = "cloudinary"
    asset = "0f4b5c6d7e8f90a1b2c3d4e5f6a7b8c9"
    write = "POST api.cloudinary.com"
    mark = "context:inlay_mark"


class TestCloudinary(DamContract):
    dialect = "cloudinary"
    events = ("asset.ready", "asset.updated", "metadata.changed", "asset.approved", "asset.deleted")
    too_old_after = 7200.0

    def stand(self) -> Stand:
        return CloudinaryStand()

    def unheard_of(self, event: bytes) -> bytes:
        return json.dumps({**json.loads(event), "notification_type": "inlay.unheard_of"}).encode()

    def signed(self, event: bytes, key: str) -> Inbound:
        at = str(int(time.time()))
        proof = hashlib.sha256(event + at.encode() + secret(key).encode()).hexdigest()
        return posted(event, X_Cld_Timestamp=at, X_Cld_Signature=proof, Content_Type="application/json")


class AemStand(DamStand):
    """Adobe signs for everybody: what tells two connections apart is the project an event names as its recipient."""

    dialect = "aem"
    asset = "urn:aaid:aem:7b6f0d1e-54aa-4c0e-9a39-0f3a1d2c9e11"
    write = "PATCH"

    def settings(self, key: str, previous: str = "") -> dict[str, Any]:
        self.vendor.projects[project(key)] = key
        given = {name: value for name, value in super().settings(key).items() if not name.startswith("signing_")}
        return {**given, "client_id": project(key), "client_secret": key}

    def expire(self) -> None:
        self.sandbox.faults.clear()
        self.vendor.projects = dict.fromkeys(self.vendor.projects, "another secret")
        self.vendor.expire()


class TestAem(DamContract):
    dialect = "aem"
    turns_over = False
    too_old_after = 8 * 86_400.0

    def stand(self) -> Stand:
        self.running = AemStand()
        return self.running

    def unheard_of(self, event: bytes) -> bytes:
        return json.dumps({**json.loads(event), "type": "aem.assets.asset.inlay_unheard_of"}).encode()

    def signed(self, event: bytes, key: str) -> Inbound:
        try:
            said = json.loads(event)
            said["recipientclientid"] = said["recipient_client_id"] = project(key)
            said["time"] = time.strftime("%Y-%m-%dT%H:%M:%S.000000000Z", time.gmtime())
            body = json.dumps(said).encode()
        except (ValueError, TypeError, RecursionError):
            body = event
        # What is behind the event, such as a byte too many, stays behind it.
        body += event[len(event.rstrip()) :]
        headers = {name.lower(): value for name, value in self.running.vendor.keys.headers(body).items()}
        return posted(body, Content_Type="application/json", **headers)


def project(key: str) -> str:
    """The client id of the project whose secret the key is."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]


class TestBynder(DamContract):
    dialect = "bynder"
    events = ("asset.ready", "asset.updated", "metadata.changed", "asset.deleted")
    turns_over = False
    # The signature is over the fields; what stands between them is nobody's.
    signs_body = False
    too_old_after = 75 * 60.0

    def stand(self) -> Stand:
        self.running = BynderStand()
        return self.running

    def unheard_of(self, event: bytes) -> bytes:
        return json.dumps({**json.loads(event), "Subject": "asset_bank.media.inlay_unheard_of"}).encode()

    def signed(self, event: bytes, key: str) -> Inbound:
        return self.running.signed(event, key)

    def unproven(self, call: Inbound) -> Inbound:
        said = json.loads(call.body)
        del said["Signature"]
        return replace(call, body=json.dumps(said).encode())


class TestStandardWebhooks(DamContract):
    dialect = "standard_webhooks"
    too_old_after = 300.0

    def stand(self) -> Stand:
        return SignedStand()

    def unheard_of(self, event: bytes) -> bytes:
        return json.dumps({**json.loads(event), "type": "inlay.unheard_of"}).encode()

    def signed(self, event: bytes, key: str) -> Inbound:
        return signed(event, key)
