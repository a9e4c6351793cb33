"""Links by mail: where the hub has a mail server, a link goes to its person's own address and nobody else sees it."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from hub.accounts.links import Issued
from hub.mail import Mail


def send(mail: Mail, made: Issued, hub_url: str, now: float) -> None:
    """Send a link that sets a password, over one connection, at once.

    Raises:
        Unavailable, NeedsPermission, VendorRefused: it did not go out, and why. The link still works.
    """
    until = datetime.fromtimestamp(made.expires_at, UTC)
    text = (
        f"You can use Inlay at {hub_url}.\n\n"
        f"Set your password here:\n\n{made.url}\n\n"
        f"The link works once, until {until.day} {until:%B %Y, %H:%M} UTC. A newer one ends it.\n"
        "If you expected none, leave it alone: without it nobody gets in with your address.\n"
    )
    # The address holds a secret, so what is made of it names the letter and tells nothing.
    name = hashlib.sha256(made.url.encode()).hexdigest()[:40]
    with mail.line() as post:
        post(mail.letter(to=made.email, subject="Set your password for Inlay", text=text, id=name, at=now))
