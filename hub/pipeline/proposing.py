"""Proposing: a fork's text goes back to the team it came from, which takes it into its draft or declines it."""

from __future__ import annotations

import secrets
from typing import Any

from hub.clean import clean_text
from hub.domain import Actor
from hub.errors import BadRequest, Conflict, NotAllowed
from hub.ledger import Entry
from hub.pipeline import authoring
from hub.pipeline.parts import Parts
from hub.store import Tx, authored
from hub.store.authored import Authored, Proposal


def propose(parts: Parts, actor: Actor, fork: Authored, said: str) -> Authored:
    """Propose the fork's text as it stands to the team of its parent; the parent.

    Raises:
        BadRequest: the parent comes from a file, or the text cannot be read.
        Conflict: this text waits there already.
    """
    if not actor.person:
        raise NotAllowed("A template is proposed by a person.", instead="Sign in as one.")
    template = authoring.read(fork)
    with parts.database.transaction() as tx:
        parent = authored.get(tx, fork.parent or "")
        if parent is None:
            raise BadRequest(
                "The template this was forked from comes from a file.",
                instead="Download the difference, and give it to its owner.",
            )
        if any(one.revision == template.revision for one in authored.open_proposals(tx, parent.name)):
            raise Conflict("This text was proposed already, and waits.", instead="Wait for the team's answer.")
        now = parts.clock()
        named = (secrets.token_hex(12), parent.name, fork.name, template.revision, actor.person)
        authored.propose(tx, Proposal(*named, clean_text(said)[:2000], now))
        _note(parts, tx, parent, actor, "template.proposed", fork, template.revision)
    return parent


def decide(parts: Parts, actor: Actor, parent: Authored, proposal_id: str, *, take: bool) -> None:
    """Take a proposed text into the parent's draft, from where it goes the way of every text, or decline it.

    Raises:
        NotAllowed: they publish nothing for this team.
        Conflict: it was decided on, or a text of the team's own is under way.
    """
    authoring.need_publisher(actor)
    with parts.database.transaction() as tx:
        one = next((one for one in authored.open_proposals(tx, parent.name) if one.id == proposal_id), None)
        if one is None or not authored.end_proposal(tx, proposal_id, taken=take, now=parts.clock()):
            raise Conflict("Somebody decided on this already.", instead="Load the page again.")
        fork = authoring.found(tx, one.fork)
        kind = "template.proposal_taken" if take else "template.proposal_declined"
        if take:
            _take(parts, tx, parent, fork, one)
        _note(parts, tx, parent, actor, kind, fork, one.revision)


def _take(parts: Parts, tx: Tx, parent: Authored, fork: Authored, one: Proposal) -> None:
    try:
        standing = authoring.read(parent).revision
    except BadRequest:
        standing = ""
    if parent.state != "draft" or standing != parent.production:
        raise Conflict(
            "A text of your own is under way.",
            why="Taking the proposal would put another one in its place.",
            instead="Publish it or set it back first, then take the proposal.",
        )
    source = parts.shelf.revision(one.revision).source
    # All of it is new here: whoever ever wrote at the fork is an author, not only who sent it.
    wrote = [saved.author for saved in authored.revisions_of(tx, fork.name)]
    authors = list(dict.fromkeys([one.person, *fork.authors, *wrote]))
    values: dict[str, Any] = {"source": authoring.renamed(source, parent.name), "authors": authors}
    values |= {"edited_by": one.person, "edited_at": parts.clock()}
    if not authored.change(tx, parent.name, parent.version, values):
        raise Conflict("Somebody else changed this template meanwhile.", instead="Load the page again.")
    authoring.keep(parts, tx, authoring.found(tx, parent.name), one.person)


def _note(parts: Parts, tx: Tx, parent: Authored, actor: Actor, kind: str, fork: Authored, revision: str) -> None:
    who = parts.ledger.pseudonym(tx, actor.person, actor.via)
    entry = Entry(kind, {"template": parent.name, "fork": fork.name, "revision": revision[:16], "from": fork.team})
    parts.ledger.append(tx, run_id="", team=parent.team, actor=who, at=parts.clock(), entries=[entry])
