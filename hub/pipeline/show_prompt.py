"""Show the prompt: what the model got for a run, for whoever leads its team, on record each time."""

from __future__ import annotations

from collections.abc import Sequence

from hub.domain import Actor, Message, Role, Run
from hub.errors import Conflict, NotAllowed
from hub.ledger import Entry
from hub.pipeline.compose import prompt_of
from hub.pipeline.parts import Parts
from hub.pipeline.texts import gone
from hub.store import clearing, events

_SENT = frozenset({"model.answered", "model.answer_broken", "model.call_in_doubt"})


def may_see(actor: Actor) -> bool:
    """Whether somebody with this role in the run's team may look at its prompt."""
    return actor.role in (Role.LEAD, Role.ADMIN)


def show_prompt(parts: Parts, run: Run, actor: Actor) -> Sequence[Message]:
    """The messages of the run's last call, with masked values masked as the model saw them.

    Raises:
        NotAllowed: they neither lead the run's team nor are an admin.
        Conflict: no model was asked, or what it was asked was removed since.
    """
    if not may_see(actor):
        raise NotAllowed("The prompt is for leads.", instead="Ask a lead of the team.", who="a lead")
    with parts.database.reading() as tx:
        asked = any(event.kind in _SENT for event in events.of_run(tx, run.id))
        removed = gone(clearing.of(tx, run.id))
    if removed:
        raise Conflict("The prompt is not there any more.", why=removed, instead="Look at the template's revision.")
    if not asked:
        raise Conflict("No model was asked in this run.", instead="Look at the steps to see where it stopped.")
    messages = prompt_of(parts.shelf.revision(run.revision), run).messages
    with parts.database.transaction() as tx:
        who = parts.ledger.pseudonym(tx, actor.person, actor.via)
        entry = Entry("prompt.shown", {"messages": len(messages)})
        parts.ledger.append(tx, run_id=run.id, team=run.team, actor=who, at=parts.clock(), entries=[entry])
    return messages
