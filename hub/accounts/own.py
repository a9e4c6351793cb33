"""A person's own account: another password, the second step, and signing out everywhere. Each change is on record."""

from __future__ import annotations

from hub.accounts import passwords, record, second_step
from hub.errors import Conflict, InvalidInputs
from hub.pipeline.parts import Parts
from hub.store import accounts, links, passes, sessions, teams
from hub.store.sessions import Session
from hub.vault import Vault

#: Seconds after signing in in which nobody is asked for their password again.
FRESH = 600.0


def is_fresh(parts: Parts, session: Session) -> bool:
    """Whether the person proved just now who they are. Whoever holds a key of theirs has not."""
    return session.key_id is None and parts.clock() - session.made_at < FRESH


def change_password(
    parts: Parts, session: Session, email: str, name: str, *, old: str | None, new: str, again: str
) -> None:
    """Set another password, and end every other session of the person, their panels, and whatever link is out.

    Args:
        old: the present one; None when there is none and a link let the person in.

    Raises:
        InvalidInputs: the old one is wrong, or the new one cannot be set.
    """
    if old is not None:
        confirm(parts, email, old)
    passwords.check_new(new, again, about=(email, email.partition("@")[0], *name.split()))
    hashed = passwords.hashed(new)
    with parts.database.transaction() as tx:
        if old is None and accounts.get(tx, email).password is not None:
            raise Conflict("A password was set meanwhile.", instead="Load the page again.")
        accounts.set_password(tx, email, hashed, parts.clock())
        sessions.end_all(tx, email, but=session.id)
        passes.revoke_of(tx, email)
        # A link that is still out would set yet another one: whoever got hold of it must not.
        links.drop(tx, email)
        record.write(parts, tx, record.themself(email), "person.password_set", by="account page")


def confirm(parts: Parts, email: str, password: str) -> None:
    """
    Raises:
        InvalidInputs: this is not their password.
    """
    with parts.database.reading() as tx:
        stored = accounts.get(tx, email).password
    if not passwords.matches(stored, password):
        wrong = {"old": "This is not your password."}
        raise InvalidInputs("Nothing was changed.", fields=wrong, instead="Type the password you sign in with.")


def turn_on(parts: Parts, vault: Vault, session: Session, email: str, seed: str, code: str) -> list[str]:
    """Ask for codes of this seed from now on. Returns the recovery codes, to be shown this once.

    Raises:
        InvalidInputs: it is no code of this seed, so that the app does not have it yet.
        Conflict: codes are asked for already.
    """
    now = parts.clock()
    step = second_step.step_of(seed, code, now)
    if step is None:
        wrong = {"code": "This is not the code of this moment. Look at the app again; its clock has to be right."}
        raise InvalidInputs("Nothing was changed.", fields=wrong, instead="Type the newest code.")
    codes = second_step.new_codes()
    with parts.database.transaction() as tx:
        teams.hold_person(tx, email)
        if accounts.get(tx, email).totp is not None:
            raise Conflict("Codes are asked for already.", instead="Turn them off first to use another phone.")
        accounts.set_totp(tx, email, second_step.sealed(vault, seed), step, codes, now)
        sessions.end_all(tx, email, but=session.id)
        record.write(parts, tx, record.themself(email), "person.second_step_on")
    return codes


def turn_off(parts: Parts, email: str) -> None:
    with parts.database.transaction() as tx:
        if accounts.drop_totp(tx, email):
            record.write(parts, tx, record.themself(email), "person.second_step_off")


def new_codes(parts: Parts, email: str) -> list[str]:
    """Other recovery codes, to be shown this once; the earlier ones count no more.

    Raises:
        Conflict: no codes are asked for.
    """
    codes = second_step.new_codes()
    with parts.database.transaction() as tx:
        # Two who ask at once would each delete what stood before, and leave two sets behind.
        teams.hold_person(tx, email)
        if accounts.get(tx, email).totp is None:
            raise Conflict("The second step is off.", instead="Turn it on first.")
        accounts.new_codes(tx, email, codes)
        record.write(parts, tx, record.themself(email), "person.recovery_codes_made")
    return codes


def sign_out_everywhere(parts: Parts, email: str) -> int:
    """End every session of the person, and every panel that works for them; how many sessions there were."""
    with parts.database.transaction() as tx:
        ended = sessions.end_all(tx, email)
        passes.revoke_of(tx, email)
        record.write(parts, tx, record.themself(email), "person.signed_out_everywhere", sessions=ended)
    return ended
