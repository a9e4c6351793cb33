"""Authoring: a team's own template from the first draft to the day it is retired, each step on the ledger."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import chain
from typing import Any

from hub.clean import clean_text
from hub.domain import Actor, Role
from hub.errors import BadRequest, Conflict, NotAllowed, UnknownName
from hub.ledger import Entry
from hub.pipeline import reviewers, trials
from hub.pipeline.parts import Parts
from hub.store import Tx, authored, revisions, runs
from hub.store.authored import Authored
from hub.store.people import ERASED
from hub.templates import Template, load
from hub.templates.cases import MAX_TESTS
from hub.templates.front_matter import MAX_SOURCE, normalised

#: Who puts a template into force, for the team that owns it.
PUBLISHERS = frozenset({Role.LEAD, Role.ADMIN})
#: How long a deprecated template still works when nobody says until when.
NOTICE = timedelta(days=90)
_NAME = re.compile(r"[a-z][a-z0-9-]{1,60}")
#: Words of addresses.
_RESERVED = frozenset({"new"})
_HEAD_NAME = re.compile(r"^name:.*$", re.MULTILINE)


def read(one: Authored) -> Template:
    """The text that is worked on.

    Raises:
        BadRequest: it cannot be read; the line is named.
    """
    return load(one.name, one.source)


def renamed(source: str, name: str) -> str:
    """A prompt file's text under another name."""
    return _HEAD_NAME.sub(lambda _: f"name: {name}", source, count=1)


def make(
    parts: Parts, actor: Actor, team: str, name: str, *, source: str, tests: str, parent: Template | None = None
) -> Authored:
    """A new draft of the team; with a parent, a fork of it.

    Raises:
        BadRequest: the name is none, or the text is too long.
        Conflict: the name is taken.
        NotAllowed: nobody in particular asks.
    """
    person = _person(actor)
    if not _NAME.fullmatch(name) or name in _RESERVED:
        raise BadRequest(
            "The name is not taken.",
            why="A template's name is 2 to 61 small letters, digits and hyphens, and begins with a letter.",
            instead="Pick a name such as launch-email-short.",
        )
    now = parts.clock()
    one = Authored(
        name=name,
        team=team,
        source=_text(renamed(source, name), MAX_SOURCE),
        tests=_text(tests, MAX_TESTS),
        edited_by=person,
        edited_at=now,
        authors=[person],
        parent=parent.name if parent else None,
        parent_revision=parent.revision if parent else None,
        created_at=now,
    )
    more = {"parent": one.parent, "parent_revision": (one.parent_revision or "")[:16]} if parent else {}
    with parts.database.transaction() as tx:
        if parent:
            one = replace(one, authors=_together([person], _unpublished(tx, parent)))
        if parts.shelf.from_file(name) or not authored.add(tx, one):
            raise Conflict(f"The name {name} is taken.", instead="Pick another one.")
        revision = keep(parts, tx, one, person)
        _note(parts, tx, one, actor, "template.forked" if parent else "template.made", revision, **more)
    return one


def save(parts: Parts, actor: Actor, one: Authored, version: int, *, source: str, tests: str) -> Authored:
    """Store the text as the team's draft, also where it cannot be read yet. A text in review is a draft again.

    Raises:
        Conflict: somebody saved another text since this version.
    """
    person = _person(actor)
    source, tests = _text(source, MAX_SOURCE), _text(tests, MAX_TESTS)
    if version == one.version and (source, tests) == (one.source, one.tests):
        return one
    authors = _together(one.authors, [person])
    now = parts.clock()
    values = {"source": source, "tests": tests, "state": "draft", "authors": authors}
    values |= {"edited_by": person, "edited_at": now}
    with parts.database.transaction() as tx:
        _change(tx, one, version, values)
        saved = _again(tx, one)
        revision = keep(parts, tx, saved, person)
        _note(parts, tx, one, actor, "template.saved", revision)
    return saved


def submit(parts: Parts, actor: Actor, one: Authored, version: int) -> None:
    """Ask for the text to be published.

    Raises:
        BadRequest: the text or its tests cannot be read.
        Conflict: it is in force already, or changed meanwhile.
    """
    _person(actor)
    template = read(one)
    trials.read_tests(one.name, one.tests)
    if template.revision == one.production:
        raise Conflict("This text is in force already.", instead="Change something first.")
    _step(parts, actor, one, version, "template.submitted", template.revision, {"state": "in_review", "said": ""})


def take_back(parts: Parts, actor: Actor, one: Authored, version: int, said: str = "") -> None:
    """Make a text in review a draft again: by its authors, or by who looked at it, with what is to be changed."""
    _person(actor)
    if one.state != "in_review":
        raise Conflict("This is not in review.", instead="Load the page again.")
    kind = "template.returned" if said else "template.withdrawn"
    _step(parts, actor, one, version, kind, "", {"state": "draft", "said": clean_text(said)[:2000]})


def publish(parts: Parts, actor: Actor, one: Authored, version: int, revision: str) -> None:
    """Put the text in review into force, for everybody it is open to, at once.

    Args:
        revision: what the publisher has looked at.

    Raises:
        NotAllowed: they are no publisher, or an author of this text.
        Conflict: it is not in review, changed since, or its tests did not pass for exactly this text.
    """
    person = need_publisher(actor)
    with parts.database.reading() as tx:
        saved = authored.revisions_of(tx, one.name)
        # Of somebody erased nobody can tell any more who it was: not who came after they wrote it, maybe once more.
        wrote_at = min((found.at for found in saved if found.author == ERASED), default=one.edited_at)
        stranger = not reviewers.was_here(tx, runs.one_spelling(person) or "", wrote_at)
    # A text that was left aside and is saved once more by somebody else is still of who wrote it first.
    first = [found.author for found in saved if found.revision == revision and found.published_at is None]
    if runs.one_spelling(person) in {runs.one_spelling(name) for name in (*one.authors, *first)}:
        raise NotAllowed(
            "You are an author of this text.",
            why="Whoever wrote a text does not publish it.",
            instead="Ask another lead of the team, or an admin.",
        )
    if ERASED in (*one.authors, *first) and stranger:
        raise NotAllowed(
            "This text is published by somebody who was here when it was written.",
            why="Whoever wrote it has been erased, and nobody can tell any more that it was not you.",
            instead="Ask another lead of the team, or an admin.",
        )
    template = read(one)
    if one.state != "in_review" or template.revision != revision:
        raise Conflict("The text changed since you looked at it.", instead="Look at it again, then decide.")
    if not trials.passed(parts, one, template):
        raise Conflict(
            "Its tests have not passed for exactly this text.",
            why="A template is published when all its tests passed, and asked the configured model where there is one.",
            instead="Run the tests on its page, then publish.",
        )
    now = parts.clock()
    values: dict[str, Any] = {"state": "draft", "said": "", "authors": [], "production": revision}
    values |= {"production_at": now, "deprecated_at": None, "ends_on": None, "successor": None}
    _step(parts, actor, one, version, "template.published", revision, values, published=True)


def roll_back(parts: Parts, actor: Actor, one: Authored, version: int, revision: str) -> None:
    """Move the label ``production`` back to a revision that was in force before.

    Raises:
        NotAllowed: they are no publisher.
        Conflict: that revision was never in force.
    """
    need_publisher(actor)
    with parts.database.reading() as tx:
        known = {found.revision for found in authored.revisions_of(tx, one.name) if found.published_at is not None}
    if revision not in known or revision == one.production:
        raise Conflict("Only a revision that was in force before can be so again.", instead="Pick another one.")
    values = {"production": revision, "production_at": parts.clock()}
    _step(parts, actor, one, version, "template.rolled_back", revision, values)


def deprecate(parts: Parts, actor: Actor, one: Authored, version: int, successor: str, ends_on: str) -> None:
    """Say that a template should not be used any more: what to use instead, and from when it refuses new runs.

    Args:
        ends_on: a day such as 2026-11-26; left out, it is in ninety days.

    Raises:
        BadRequest: the successor is no other template in force, or the day is none.
    """
    need_publisher(actor)
    if one.production is None:
        raise Conflict("Only what is in force can be deprecated.", instead="Load the page again.")
    known = {found.name for found in parts.shelf.every()} - {one.name}
    if successor and successor not in known:
        raise BadRequest("There is no such template to use instead.", instead="Pick one of the list, or none.")
    day = ends_on or (parts.today() + NOTICE).isoformat()
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", day, re.ASCII):
        raise BadRequest("The day cannot be read.", instead="Write it as 2026-11-26.")
    values = {"deprecated_at": parts.clock(), "successor": successor or None, "ends_on": day}
    more = {"successor": successor, "ends_on": day}
    _step(parts, actor, one, version, "template.deprecated", one.production, values, more)


def restore(parts: Parts, actor: Actor, one: Authored, version: int) -> None:
    """Take a deprecation back."""
    need_publisher(actor)
    values = {"deprecated_at": None, "successor": None, "ends_on": None}
    _step(parts, actor, one, version, "template.restored", one.production or "", values)


def open_to(parts: Parts, actor: Actor, one: Authored, version: int, teams: list[str]) -> None:
    """Say which other teams may use what is in force; ``*`` is every team."""
    need_publisher(actor)
    opened = sorted(set(teams) - {one.team})
    _step(parts, actor, one, version, "template.opened", "", {"opened_to": opened}, {"teams": opened})


def need_publisher(actor: Actor) -> str:
    """Who publishes.

    Raises:
        NotAllowed: they are no lead of the team and no admin.
    """
    person = _person(actor)
    if actor.role not in PUBLISHERS:
        raise NotAllowed("A lead of the team or an admin does this.", instead="Ask one of them.")
    return person


def found(tx: Tx, name: str) -> Authored:
    """
    Raises:
        UnknownName: no team has such a template.
    """
    one = authored.get(tx, name[:64]) if "\x00" not in name else None
    if one is None:
        raise UnknownName("There is no template of this name for your team.", instead="Look at the list of templates.")
    return one


def _unpublished(tx: Tx, parent: Template) -> Sequence[str]:
    """Who wrote a text that somebody forks before it was in force: in the fork, too, nobody has looked at it."""
    standing = authored.get(tx, parent.name)
    return () if standing is None or standing.production == parent.revision else standing.authors


def _together(*persons: Sequence[str]) -> list[str]:
    """All of them, each once."""
    return list(dict.fromkeys(chain(*persons)))


def _step(
    parts: Parts,
    actor: Actor,
    one: Authored,
    version: int,
    kind: str,
    revision: str,
    values: Mapping[str, Any],
    more: Mapping[str, Any] | None = None,
    *,
    published: bool = False,
) -> None:
    with parts.database.transaction() as tx:
        _change(tx, one, version, values)
        if published:
            authored.mark_published(tx, revision, parts.clock())
        _note(parts, tx, one, actor, kind, revision, **(more or {}))
    parts.shelf.renew()


def _change(tx: Tx, one: Authored, version: int, values: Mapping[str, Any]) -> None:
    if version != one.version or not authored.change(tx, one.name, version, values):
        raise Conflict(
            "Somebody else changed this template meanwhile.",
            why="You worked on an older version of it.",
            instead="Load the page again, and bring your change into what stands there now. Nothing of theirs is lost.",
        )


def keep(parts: Parts, tx: Tx, one: Authored, person: str) -> str:
    """Store the text as a revision, if it can be read; the revision."""
    try:
        template = read(one)
    except BadRequest:
        return ""
    now, spec = parts.clock(), template.model_dump_json()
    revisions.keep(tx, revision=template.revision, name=one.name, source=template.source, spec=spec, now=now)
    authored.add_revision(tx, revision=template.revision, name=one.name, author=person, at=now, tests=one.tests)
    return template.revision


def _again(tx: Tx, one: Authored) -> Authored:
    stored = authored.get(tx, one.name)
    assert stored is not None
    return stored


def _note(parts: Parts, tx: Tx, one: Authored, actor: Actor, kind: str, revision: str, **more: Any) -> None:
    who = parts.ledger.pseudonym(tx, actor.person, actor.via)
    entry = Entry(kind, {"template": one.name, "revision": revision[:16], **more})
    parts.ledger.append(tx, run_id="", team=one.team, actor=who, at=parts.clock(), entries=[entry])


def _person(actor: Actor) -> str:
    if not actor.person:
        raise NotAllowed("A template is written by a person.", instead="Sign in as one.")
    return actor.person


def _text(text: str, most: int) -> str:
    text = normalised(clean_text(text))
    if len(text.encode()) > most:
        raise BadRequest(f"The text is larger than {most // 1024} KB.", instead="Shorten it. Nothing was stored.")
    return text
