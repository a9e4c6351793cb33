"""The sandbox of a DAM that sends Standard Webhooks, as the connector contract wants it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from typing import Any

from hub.sdk import Inbound
from hub.testing.connector_contract import posted
from tests.connectors.dam.stands import DamStand


class SignedStand(DamStand):
    dialect = "standard_webhooks"
    asset = "5d0f6b8a-3b1e-4a57-8f0e-5f7a0a1b2c3d"
    write = "PATCH"

    def secret(self, key: str) -> str:
        """In the form the specification gives it."""
        return "whsec_" + base64.b64encode(hashlib.sha256(key.encode()).digest()).decode()

    def settings(self, key: str, previous: str = "") -> dict[str, Any]:
        before = self.secret(previous) if previous else None
        return {
            **super().settings(key),
            "signing_secret": self.secret(key),
            "signing_secret_previous": before,
        }


def signed(event: bytes, key: str) -> Inbound:
    """The event as the sender sends it now."""
    # The id of a webhook is the event's: the same event has the same.
    id, at = f"msg_{hashlib.sha256(event).hexdigest()[:20]}", str(int(time.time()))
    made = hmac.new(hashlib.sha256(key.encode()).digest(), f"{id}.{at}.".encode() + event, hashlib.sha256).digest()
    return posted(
        event,
        webhook_id=id,
        webhook_timestamp=at,
        webhook_signature=f"v1,{base64.b64encode(made).decode()}",
        Content_Type="application/json",
    )
