"""Single sign-on: whom a provider's word lets in, and with which roles. Both are asked anew at every sign-in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from hub.accounts import door, record, roles
from hub.domain import Actor
from hub.errors import NotAllowed
from hub.pipeline.parts import Parts
from hub.store import accounts, sessions, teams

HOW = "single sign-on"
_PROVIDER = Actor(via="oidc")


def enter(parts: Parts, claims: Mapping[str, Any], groups: Iterable[str]) -> str:
    """A session for the person of these claims; what is returned is for their browser.

    Where hub.yaml says what groups give, a person's roles become what theirs give now. Without that the provider says
    who somebody is, and hub.yaml what they may do.

    Raises:
        NotAllowed: their address is not verified, belongs to somebody else, or they have no role.
    """
    email = _address(parts, claims)
    subject = hashlib.sha256(f"{claims['iss']} {claims['sub']}".encode("utf-8", "surrogatepass")).hexdigest()
    with parts.database.transaction() as tx:
        given = accounts.groups(tx)
        known = teams.person_of(tx, email)
        email = known[0] if known else email
        tied = accounts.get(tx, email).subject
        if tied is not None and tied != subject:
            problem = _other()
        else:
            if given:
                name = known[1] if known else _name(claims, email)
                wanted = roles.of_groups(groups, given, [team.id for team in teams.every(tx)])
                if known is not None or wanted:
                    roles.change(parts, tx, email, name, wanted, _PROVIDER)
                known = teams.person_of(tx, email)
            problem = None if known is not None else _nowhere(bool(given))
        if problem is None:
            if tied is None:
                accounts.set_subject(tx, email, subject)
            return door.entered(parts, tx, email=email, how=HOW)
        if accounts.named(tx, email) is not None:
            sessions.end_all(tx, email)
            record.write(parts, tx, _PROVIDER, "person.sign_in_failed", about=email, by=HOW)
    raise problem


def _address(parts: Parts, claims: Mapping[str, Any]) -> str:
    email, verified = claims.get("email"), claims.get("email_verified")
    # Some providers write it as a word.
    verified = {"true": True, "false": False}.get(verified, verified) if isinstance(verified, str) else verified
    trusted = verified is True or (verified is None and parts.settings.oidc_trust_email)
    if not isinstance(email, str) or "@" not in email or "\x00" in email or len(email) > 320 or not trusted:
        raise NotAllowed(
            "The provider does not say that your e-mail address is verified.",
            why="Without that anybody could give the address of somebody else.",
            instead="Have your address verified there. An admin who knows that nobody can choose their own there may "
            "set INLAY_OIDC_TRUST_EMAIL.",
            who="an admin",
        )
    return " ".join(email.split()).lower()


def _name(claims: Mapping[str, Any], email: str) -> str:
    name = claims.get("name")
    return " ".join(name.replace("\x00", "").split())[:200] if isinstance(name, str) and name.strip() else email


def _nowhere(by_groups: bool) -> NotAllowed:
    why = "None of your groups gives a role here." if by_groups else "You have no role in any team."
    instead = "Ask an admin of Inlay, or whoever looks after your organisation's groups."
    return NotAllowed("You are known, but nothing here is open to you.", why=why, instead=instead, who="an admin")


def _other() -> NotAllowed:
    return NotAllowed(
        "Your address is tied to another account of the provider.",
        why="Addresses are given to new people now and then: a newcomer must not become who had it before.",
        instead="If both accounts are yours, an admin lets the new one in: `inlay people reset --other-account`.",
        who="an admin",
    )
