"""Notify: mails go out to whoever has something waiting, many things in one, none twice where that can be known."""

from __future__ import annotations

import secrets
from contextlib import ExitStack
from dataclasses import dataclass
from email.message import EmailMessage

import structlog

from hub.errors import Conflict, InlayError, VendorRefused
from hub.mail import Mail, Post
from hub.pipeline import letter as writing
from hub.pipeline import notifications as told
from hub.pipeline.parts import Parts
from hub.store import notifications
from hub.store.notifications import Batch

log = structlog.get_logger("inlay.notify")
#: Seconds between two mails to one person; seconds one process has a person's mail for itself.
APART, LEASE = 600.0, 300.0
#: Seconds before a mail that did not go out is tried again, doubled each time up to the second; the most tries, which
#: are two days.
PAUSE, LONGEST_PAUSE, MOST = 60.0, 3600.0, 52
#: People written to in one look.
PEOPLE = 100


@dataclass(slots=True)
class Notify:
    """Writes to people. Without ``mail`` nobody is written to, then or later."""

    parts: Parts
    mail: Mail | None

    def send(self) -> int:
        """Read the ledger on and send what is due; how many mails the server took."""
        told.collect(self.parts, keep=self.mail is not None)
        if self.mail is None:
            return 0
        with self.parts.database.reading() as tx:
            people = notifications.due(tx, self.parts.clock(), PEOPLE)
        sent = 0
        with ExitStack() as lines:
            post: Post | None = None
            for person in people:
                batch = self._take(person)
                letter = self._letter(batch)
                if batch is None or letter is None:
                    continue
                try:
                    post = post or lines.enter_context(self.mail.line())
                except InlayError as error:
                    # The server takes nothing from anybody now.
                    self._failed(batch, error)
                    break
                try:
                    post(self._message(batch, letter))
                except VendorRefused as error:
                    self._over(batch, problem=str(error))
                except InlayError as error:
                    self._failed(batch, error)
                    break
                else:
                    self._over(batch, sent=True)
                    sent += 1
        return sent

    def test(self, person: str) -> None:
        """Write to one address now, to see that mail arrives.

        Raises:
            Conflict, VendorRefused, Unavailable, NeedsPermission: it did not go out, and why.
        """
        if self.mail is None:
            raise Conflict("No mail server is set.", instead="Set INLAY_SMTP_URL and INLAY_MAIL_FROM.", who="an admin")
        url = self.parts.settings.url
        text = f"Mail from Inlay arrives.\n\nYou choose what you are told, and how often: {url}/notifications\n"
        message = self.mail.letter(
            to=person, subject="Mail from Inlay arrives", text=text, id=secrets.token_hex(20), at=self.parts.clock()
        )
        with self.mail.line() as post:
            post(message)

    def _take(self, person: str) -> Batch | None:
        now = self.parts.clock()
        with self.parts.database.transaction() as tx:
            return notifications.take(tx, person, now, until=now + LEASE, mail=secrets.token_hex(8))

    def _letter(self, batch: Batch | None) -> writing.Letter | None:
        """What there is to say. Where nothing waits any more the notifications are done with."""
        if batch is None:
            return None
        with self.parts.database.reading() as tx:
            letter = writing.letter(self.parts, tx, batch)
        if letter is None:
            self._over(batch)
        return letter

    def _message(self, batch: Batch, letter: writing.Letter) -> EmailMessage:
        assert self.mail is not None
        return self.mail.letter(
            to=batch.person,
            subject=letter.subject,
            text=letter.text,
            id=letter.id,
            at=self.parts.clock(),
            about=f"{self.parts.settings.url}/notifications",
        )

    def _over(self, batch: Batch, *, sent: bool = False, problem: str = "") -> None:
        """It is behind us, in a transaction of its own: a process that dies after it sends nothing twice."""
        now = self.parts.clock()
        with self.parts.database.transaction() as tx:
            due = now + APART if sent else now
            notifications.done(tx, batch, due_at=due, sent_at=now if sent else None, problem=problem)

    def _failed(self, batch: Batch, error: InlayError) -> None:
        log.warning("mail not sent", mail=batch.mail, error=error.code, attempts=batch.attempts + 1)
        if batch.attempts + 1 >= MOST:
            self._over(batch, problem=f"{error} It was given up.")
            return
        pause = min(PAUSE * 2.0 ** min(batch.attempts, 10), LONGEST_PAUSE)
        with self.parts.database.transaction() as tx:
            notifications.put_off(tx, batch, due_at=self.parts.clock() + pause, problem=str(error))
