"""The Bynder sandbox as the connector contract wants it. What tells two connections apart is their topic."""

from __future__ import annotations

import hashlib
import json
import time
from typing import Any

from connectors.dam.sandbox_bynder import TOPIC
from hub.sdk import Inbound
from hub.testing.connector_contract import posted
from tests.connectors.dam.stands import DamStand


class BynderStand(DamStand):
    dialect = "bynder"
    asset = "7d1c6c0e-52a1-4c39-9f1b2a3c4d5e6f70"
    write = "POST /api/v4/media/"

    def settings(self, key: str, previous: str = "") -> dict[str, Any]:
        given = {name: value for name, value in super().settings(key).items() if not name.startswith("signing_")}
        self.vendor.apps[topic(key)] = key
        return {**given, "topic": topic(key), "client_id": topic(key), "client_secret": key}

    def expire(self) -> None:
        self.sandbox.faults.clear()
        self.vendor.apps = dict.fromkeys(self.vendor.apps, "another secret")
        self.vendor.expire()

    def signed(self, event: bytes, key: str) -> Inbound:
        """The event as it would have been published to that topic just now."""
        try:
            said = json.loads(event)
            said["TopicArn"] = topic(key)
            said["Timestamp"] = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
            said["SigningCertURL"] = f"https://{self.vendor.topic.host}{self.vendor.topic.path}"
            del said["Signature"]
            body = self.vendor.topic.sealed(said) + event[len(event.rstrip()) :]
        except (ValueError, TypeError, KeyError, RecursionError):
            body = event
        return posted(body, Content_Type="text/plain; charset=UTF-8")


def topic(key: str) -> str:
    """The topic of the connection whose secret the key is."""
    return f"{TOPIC}-{hashlib.sha256(key.encode()).hexdigest()[:16]}"
