"""Edit: a person puts their own words into a draft that waits, and it is checked again like any other.

Whoever wrote in a draft is one of its authors from then on: somebody else reviews it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from hub.clean import clean_text
from hub.domain import Actor, DeliveryRow, DeliveryState, Draft, Run, RunState, Stage, Variant
from hub.errors import Conflict, InvalidInputs, NotAllowed
from hub.governance import masking
from hub.governance.evidenced import stating
from hub.ledger import Entry
from hub.pipeline import judging, review, reviewers
from hub.pipeline import run as running
from hub.pipeline.parts import Parts
from hub.pipeline.receive import ASK
from hub.pipeline.step import Step, commit, give_back
from hub.pipeline.texts import content_hash, over
from hub.store import Tx, deliveries, reviews, runs
from hub.templates.contract import Contract

#: Characters of one field, far above what any contract takes.
LONGEST = 200_000


@dataclass(frozen=True, slots=True)
class Words:
    """What somebody writes: by variant the fields they changed, and the disclosures, None to leave them."""

    variants: Sequence[Mapping[str, str | Sequence[str]]]
    disclosures: Sequence[str] | None = None


def may_edit(parts: Parts, run: Run, actor: Actor) -> bool:
    """Whether this person could write in the draft as it stands: a held one anybody of the team, one that waits for
    its review whoever asked for it and whoever may decide on it. What a panel has put in place is not the hub's to
    write anew, so its draft stays. So does what a model answered to a template's test: that is what is tested."""
    if run.draft is None or not run.draft.variants or actor.person is None or run.request.trial:
        return False
    if run.state is RunState.HELD:
        return run.stage is Stage.CHECK_OUTPUT
    if run.state is not RunState.IN_REVIEW:
        return False
    if not reviewers.is_askers(run, actor.person) and not review.may_review(parts, run, actor):
        return False
    with parts.database.reading() as tx:
        return not _is_placed(tx, run.id)


def edit(parts: Parts, run: Run, actor: Actor, words: Words, *, seen: str) -> Run:
    """Put these words into the draft and go on from its check. Nothing passes that the checks do not let pass.

    What stands somewhere already, marked "not reviewed", gives way to the new words once these passed the checks.

    Args:
        seen: the content hash of the draft the person had before them.

    Raises:
        NotAllowed: they may not write in it, or nobody knows who they are.
        InvalidInputs: the words do not fit the draft; each place is named.
        Conflict: it waits no more, is another one than they saw, or nothing is changed.
    """
    if actor.person is None:
        raise NotAllowed("A draft is edited by a person.", instead="Use a key that belongs to somebody.")
    if not may_edit(parts, run, actor):
        if run.state is RunState.IN_REVIEW:
            raise NotAllowed("You do not edit this draft.", instead="Leave it to whoever asked for it or reviews it.")
        raise Conflict("There is no draft here that can be edited.", instead="Open the run to see what it needs.")
    assert run.draft is not None
    if content_hash(run.draft) != seen:
        raise Conflict("The draft changed since you looked at it.", instead="Look at it again, then edit that.")
    contract = parts.shelf.revision(run.revision).contract
    edited = _edited(run.draft, words, contract)
    if content_hash(edited) == seen and edited.disclosures == run.draft.disclosures:
        raise Conflict("Nothing is changed.", instead="Change the words first, or leave the draft as it is.")
    me = runs.one_spelling(actor.person) or ""
    edited = replace(edited, edited_by=tuple(dict.fromkeys((*edited.edited_by, me))))
    # The checks look at what goes to a judge too: without the values that were put back into it.
    hidden = run.work.placeholders
    draft = over(edited, masking.hiding(hidden)) if hidden else edited
    token = parts.leases.new()
    with parts.database.transaction() as tx:
        now, until = parts.clock(), parts.leases.until()
        held = runs.take_waiting(tx, run.id, [run.state], token=token, now=now, until=until)
        # A panel puts a draft in place while it waits, and under a lease: from here on none does.
        late = _is_placed(tx, run.id) or held is None or held.review != run.review
    if late or held is None or held.draft is None or content_hash(held.draft) != seen:
        parts.leases.drop(token)
        if held is not None:
            give_back(parts, held)
        raise Conflict("Somebody else did something to this draft a moment ago.", instead="Open it again.")

    set_aside = judging.set_aside(parts, held, judging.texts_of(draft), 0)
    # No check tells whether other words still make a claim. A person does, and somebody else than who wrote them.
    looked_at = contract.write != "comments" and _touches_claims(run.draft, edited)
    tier = max(held.tier, 2) if looked_at else held.tier

    def write(tx: Tx) -> Iterable[Entry] | None:
        # Nobody has read the new words yet.
        reviews.unread(tx, reviewers.look_id(held.id))
        _write_anew(tx, held.id, parts.clock())
        if tier > held.tier:
            deliveries.not_reviewed(tx, held.id)
        return set_aside(tx)

    step = Step(
        stage=Stage.CHECK_OUTPUT,
        state=RunState.ANSWERED,
        # Should this process die now, a worker goes on with the check: not one that only writes what was checked.
        changes={
            "draft": draft,
            "problem": None,
            "output_verdicts": (),
            "review": None,
            "tier": tier,
            "queue": ASK,
        },
        entries=(Entry("draft.edited", {"of": seen, "content_hash": content_hash(edited)}),),
        writes=write,
    )
    return running.walk(parts, commit(parts, held, step, actor=actor), direct=True)


def _write_anew(tx: Tx, run_id: str, now: float) -> None:
    """What stands somewhere is written there once more: the later delivery of a place takes the earlier one's. Where
    one waits for that already, since the words before these were held, it writes these."""
    rows = deliveries.of_run(tx, run_id)
    number = len(rows)
    waiting = [row.target for row in rows if row.state is DeliveryState.PENDING]
    for row in rows:
        if row.state is not DeliveryState.DONE or row.target in waiting:
            continue
        if not deliveries.stands(row):
            deliveries.save(tx, row.key, now, {"state": DeliveryState.PENDING, "receipt": None})
            continue
        number += 1
        again = DeliveryRow(
            key=f"{run_id}.{number}",
            run_id=run_id,
            number=number,
            target=row.target,
            state=DeliveryState.PENDING,
            reviewed=False,
            on_behalf_of=row.on_behalf_of,
        )
        deliveries.add(tx, again, now)


def _is_placed(tx: Tx, run_id: str) -> bool:
    return any(row.state is DeliveryState.PLACED for row in deliveries.of_run(tx, run_id))


def _edited(draft: Draft, words: Words, contract: Contract) -> Draft:
    wrong: dict[str, str] = {}
    if len(words.variants) != len(draft.variants):
        wrong["variants"] = f"this draft has {len(draft.variants)}, and you send {len(words.variants)}"
    for number, (fields, variant) in enumerate(zip(words.variants, draft.variants, strict=False), 1):
        for name, value in fields.items():
            if said := _wrong(name, value, variant):
                wrong[f"variant {number}, {name}"] = said
    if wrong:
        raise InvalidInputs("These words do not fit the draft.", fields=wrong)
    variants = []
    for fields, variant in zip(words.variants, draft.variants, strict=True):
        whole = dict(variant.fields) | {name: _clean(value) for name, value in fields.items()}
        changed = whole != dict(variant.fields)
        variants.append(Variant(text=contract.as_text(whole), fields=whole) if changed else variant)
    before, after = _whole(draft.variants), _whole(variants)
    # A claim whose sentence is gone is made no more. One that was never there in so many words stays.
    claims = tuple(c for c in draft.claims if stating(c.text, after) or not stating(c.text, before))
    disclosures = draft.disclosures if words.disclosures is None else tuple(map(clean_text, words.disclosures))
    return replace(draft, variants=tuple(variants), claims=claims, disclosures=disclosures)


def _touches_claims(draft: Draft, edited: Draft) -> bool:
    """Whether a sentence that makes a claim of the draft reads otherwise in the edited one, or is gone."""
    before, after = _whole(draft.variants), _whole(edited.variants)
    return any(stating(claim.text, before) != stating(claim.text, after) for claim in draft.claims)


def _whole(variants: Iterable[Variant]) -> list[str]:
    return ["\n".join(variant.text for variant in variants)]


def _wrong(name: str, value: str | Sequence[str], variant: Variant) -> str:
    if name not in variant.fields:
        return "the draft has no such field"
    if isinstance(value, str) is not isinstance(variant.fields[name], str):
        return "this is a list of texts" if isinstance(value, str) else "this is one text"
    if sum(map(len, [value] if isinstance(value, str) else value)) > LONGEST:
        return f"longer than {LONGEST:,} characters"
    return ""


def _clean(value: str | Sequence[str]) -> str | list[str]:
    return clean_text(value).strip() if isinstance(value, str) else [clean_text(one).strip() for one in value]
