"""Links that work once: an invitation, a new password for who lost theirs, and the one `inlay serve` prints."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hub.accounts import door, passwords, record
from hub.domain import Actor, Role
from hub.errors import BadRequest, Conflict, NotAllowed, UnknownName
from hub.ledger import Entry, Ledger
from hub.pipeline.parts import Parts
from hub.store import Database, accounts, links, passes, sessions, teams
from hub.store.links import Link, LinkKind

#: Seconds each works.
INVITE, RESET, PRINTED = 7 * 86_400.0, 86_400.0, 900.0
May = Callable[[Mapping[str, Role]], bool]
HOW = {LinkKind.INVITE: "invitation", LinkKind.RESET: "reset link", LinkKind.PRINTED: "printed link"}


@dataclass(frozen=True, slots=True)
class Issued:
    """A link as it is handed to a person, this once. It opens an account: it belongs into no log."""

    url: str
    email: str
    expires_at: float

    def __repr__(self) -> str:
        return f"Issued({self.email!r})"


def invite(parts: Parts, email: str, by: Actor, *, may: May | None = None) -> Issued:
    """A link with which a person sets a password. An earlier one for them works no more.

    Args:
        may: whether whoever is handed the link may be, as it opens what the person may do at that moment.

    Raises:
        UnknownName: nobody of this address has a role in a team.
        NotAllowed: they may do more by now than ``may`` lets through.
        Conflict: they have a password already.
    """
    with parts.database.reading() as tx:
        has = accounts.get(tx, _known(parts, email)).password is not None
    if has:
        raise Conflict(
            f"{email} has a password already.",
            instead="Send a link for a new one: `inlay people reset`.",
            who="an admin",
        )
    return _issue(parts, LinkKind.INVITE, email, by, INVITE, "person.invited", may)


def reset(parts: Parts, email: str, by: Actor, *, lost_phone: bool = False, other_subject: bool = False) -> Issued:
    """A link with which a person sets another password; the old one works until they have.

    Args:
        lost_phone: ask for no codes any more, until the person turns them on again.
        other_subject: let another account of the provider of single sign-on be this person.

    Raises:
        UnknownName: nobody of this address has a role in a team.
    """
    known = _known(parts, email)
    with parts.database.transaction() as tx:
        if other_subject:
            accounts.set_subject(tx, known, None)
        if lost_phone and accounts.drop_totp(tx, known):
            sessions.end_all(tx, known)
            record.write(parts, tx, by, "person.second_step_off", about=known)
    return _issue(parts, LinkKind.RESET, known, by, RESET, "person.reset_sent")


def printed(database: Database, ledger: Ledger, url: str, now: float) -> str:
    """The address with which the admin of the hub at ``url`` signs in once, for a quarter of an hour."""
    with database.transaction() as tx:
        secret = links.issue(tx, LinkKind.PRINTED, None, now=now, until=now + PRINTED)
        who = ledger.pseudonym(tx, None, "cli")
        ledger.append(tx, run_id="", team="", actor=who, at=now, entries=[Entry("person.link_printed", {})])
    return _url(url, secret)


def look(parts: Parts, secret: str) -> Link:
    """The link, without using it: whoever only looks, such as a preview of a chat, takes nothing from its person.

    Raises:
        UnknownName: it is unknown, was used, or is too old; which of these is not told.
    """
    with parts.database.reading() as tx:
        found = links.look(tx, secret, parts.clock())
        if found is not None and found.email is not None and teams.person_of(tx, found.email) is None:
            found = None
    if found is None:
        raise no_more()
    return found


def set_password(parts: Parts, secret: str, password: str, again: str) -> str | None:
    """Set the password of an invited person, end their other sessions and panels, and sign them in; what is for their
    browser. None when codes are asked of them: a link does not stand in for their phone, so they sign in as usual.

    Raises:
        UnknownName: see ``look``.
        InvalidInputs: the password cannot be set. The link still works.
    """
    found = look(parts, secret)
    if found.email is None:
        raise no_more()
    with parts.database.reading() as tx:
        name = accounts.named(tx, found.email) or ""
    passwords.check_new(password, again, about=(found.email, found.email.partition("@")[0], *name.split()))
    hashed, now = passwords.hashed(password), parts.clock()
    with parts.database.transaction() as tx:
        if not links.use(tx, secret, now):
            raise no_more()
        sessions.end_all(tx, found.email)
        passes.revoke_of(tx, found.email)
        accounts.set_password(tx, found.email, hashed, now)
        record.write(parts, tx, record.themself(found.email), "person.password_set", by=HOW[found.kind])
        if accounts.get(tx, found.email).totp is not None:
            return None
        return door.entered(parts, tx, email=found.email, how=HOW[found.kind])


def admins(parts: Parts) -> list[tuple[str, str]]:
    """(e-mail, name) of everybody a printed link can sign in."""
    with parts.database.reading() as tx:
        found = {email: name for email, name, _, role in teams.people(tx) if role is Role.ADMIN}
    return sorted(found.items())


def enter_printed(parts: Parts, secret: str, email: str) -> str:
    """Sign an admin in with a printed link; what is for their browser.

    Raises:
        UnknownName: see ``look``.
        BadRequest: this is no admin.
    """
    if look(parts, secret).kind is not LinkKind.PRINTED:
        raise no_more()
    if email not in dict(admins(parts)):
        raise BadRequest("This is no admin of the hub.", instead="Pick one of the people on the page.")
    with parts.database.transaction() as tx:
        if not links.use(tx, secret, parts.clock()):
            raise no_more()
        return door.entered(parts, tx, email=email, how=HOW[LinkKind.PRINTED])


def _known(parts: Parts, email: str) -> str:
    with parts.database.reading() as tx:
        found = teams.person_of(tx, email)
    if found is None:
        raise UnknownName(
            f"Nobody of the address {email[:320]} has a role in a team.",
            instead="Put the person into hub.yaml under people, with a role in a team, and apply it.",
            who="an admin",
        )
    return found[0]


def _issue(
    parts: Parts, kind: LinkKind, email: str, by: Actor, seconds: float, told: str, may: May | None = None
) -> Issued:
    known, now = _known(parts, email), parts.clock()
    with parts.database.transaction() as tx:
        if may is not None:
            # Whoever changes the person's roles ends the links that are out: this one comes before that, or sees it.
            teams.hold_person(tx, known)
            person = teams.person_of(tx, known)
            if person is None or not may(person[2]):
                raise NotAllowed("This person may do more than you give.", instead="Ask an admin.", who="an admin")
        secret = links.issue(tx, kind, known, now=now, until=now + seconds)
        record.write(parts, tx, by, told, about=known)
    return Issued(_url(parts.settings.url, secret), known, now + seconds)


def _url(url: str, secret: str) -> str:
    return f"{url}/sign-in/link/{secret}"


def no_more() -> UnknownName:
    """What whoever holds a dead link is told."""
    return UnknownName(
        "This link works no more.",
        why="It was used, is too old, or a newer one was made.",
        instead="Ask the admin who sent it for another one.",
    )
