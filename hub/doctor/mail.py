"""What the doctor says about mail: whether the server takes it, and whom it did not reach."""

from __future__ import annotations

from collections.abc import Iterator

from hub.bootstrap import Hub
from hub.domain import Probe
from hub.errors import InlayError
from hub.store import Tx, notifications


def probes(hub: Hub) -> Iterator[Probe]:
    """Sign in at the mail server, and send nothing; then what did not go out."""
    mail = hub.notify.mail
    if mail is None:
        fix = "Set INLAY_SMTP_URL and INLAY_MAIL_FROM, and people hear of what waits for them."
        yield Probe(id="mail", ok=True, what="No server is set: nobody is written to", fix=fix, who="an admin")
        return
    try:
        with mail.line():
            pass
    except InlayError as error:
        what = f"{error.what} {error.why}".strip()
        yield Probe(id="mail", ok=False, what=what, fix=error.instead, who="an admin")
    else:
        how = "over TLS" if mail.tls != "none" else "on this machine"
        yield Probe(id="mail", ok=True, what=f"{mail.host} answers {how}; `inlay notifications try` sends a mail")
    with hub.database.reading() as tx:
        yield from not_reached(tx)


def not_reached(tx: Tx) -> Iterator[Probe]:
    """What did not go out, as the database knows it."""
    if stuck := [box for box in notifications.boxes(tx) if box.problem]:
        what = f"{len(stuck)} people were not reached: {stuck[-1].problem}"
        fix = "`inlay notifications list` names them. What still waits is sent again by itself."
        yield Probe(id="mail: people", ok=False, what=what, fix=fix, who="an admin", optional=True)
