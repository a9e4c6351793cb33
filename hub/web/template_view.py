"""Templates as a person sees them: which of them, how far each is, and how often their teams used it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hub.bootstrap import Hub
from hub.domain import Actor
from hub.errors import BadRequest, UnknownName
from hub.pipeline import authoring
from hub.store import authored, template_uses
from hub.store.authored import Authored
from hub.templates import ContractBroken, Template, cases
from hub.web.api.catalog import offered
from hub.web.auth import Identity

#: Over how long uses are counted, in seconds.
WINDOW = 90 * 86_400.0
#: How far a template is: the words people read, and the tone they are shown in.
STAGES = {
    "draft": ("Draft", "calm"),
    "in_review": ("In review", "wait"),
    "published": ("Published", "good"),
    "deprecated": ("Deprecated", "stop"),
}


@dataclass(frozen=True, slots=True)
class Seen:
    """A template as one person sees it.

    ``template`` is what is in force, else the draft, None where that cannot be read. ``mine`` is the stored one where
    it is of a team of theirs: only then are drafts, revisions and steps shown.
    """

    name: str
    template: Template | None
    stage: str
    mine: Authored | None = None
    standing: Authored | None = None
    uses: int = 0
    people: int = 0

    @property
    def title(self) -> str:
        return self.template.title if self.template else self.name

    @property
    def in_force(self) -> bool:
        return self.standing is not None or (self.mine is None and self.template is not None)


def every(hub: Hub, identity: Identity) -> list[Seen]:
    """What this person may use, and what their teams work on; the most used by their teams first."""
    shelf = hub.parts.shelf.every()
    with hub.database.reading() as tx:
        mine = {one.name: one for one in authored.every(tx, identity.reach)}
        names = [*(one.name for one in shelf), *mine]
        uses = template_uses.of(tx, identity.reach, hub.parts.clock() - WINDOW, names)
    found: list[Seen] = []
    for template in shelf:
        if offered(template, identity) or template.name in mine:
            standing = hub.parts.shelf.standing(template.name)
            own = mine.pop(template.name, None)
            stage = standing.stage if standing else "published"
            found.append(Seen(template.name, template, stage, own, standing, *uses.get(template.name, (0, 0))))
    for one in mine.values():
        found.append(Seen(one.name, _read(one), one.stage, one, None, *uses.get(one.name, (0, 0))))
    return sorted(found, key=lambda seen: (-seen.uses, seen.title.casefold()))


def by_kind(found: Sequence[Seen]) -> dict[str, list[Seen]]:
    """By the kind of work: of its tags, the one it shares with most others. What shares none comes last, together."""
    shared = Counter(tag for seen in found if seen.template for tag in set(seen.template.tags))
    groups: dict[str, list[Seen]] = {}
    for seen in found:
        tags = seen.template.tags if seen.template else ()
        groups.setdefault(max(tags, key=lambda tag: shared[tag], default=""), []).append(seen)
    lonely = [kind for kind, ones in groups.items() if len(ones) == 1 or not kind]
    rest = [seen for kind in lonely for seen in groups.pop(kind)]
    named = {_titled(kind): ones for kind, ones in groups.items()}
    return {**named, "Other work" if named else "All": rest} if rest else named


def _titled(tag: str) -> str:
    words = tag.replace("_", " ")
    return words.upper() if len(words) <= 3 and words not in ("ads",) else words.capitalize()


def one(hub: Hub, identity: Identity, name: str) -> Seen:
    """One of them.

    Raises:
        UnknownName: there is none of this name for this person.
    """
    own = mine(hub, identity, name)
    shelf, template = hub.parts.shelf, None
    standing = shelf.standing(name)
    if standing is not None or shelf.from_file(name):
        template = shelf.current(name)
    if template is None or not (own or offered(template, identity)):
        if own is None:
            what = "There is no template of this name for your team."
            raise UnknownName(what, instead="Look at the list of templates.")
        return Seen(name, _read(own), own.stage, own)
    with hub.database.reading() as tx:
        uses = template_uses.of(tx, identity.reach, hub.parts.clock() - WINDOW, [name]).get(name, (0, 0))
    return Seen(name, template, standing.stage if standing else "published", own, standing, *uses)


def mine(hub: Hub, identity: Identity, name: str) -> Authored | None:
    """The stored template of this name, where it is of one of their teams."""
    with hub.database.reading() as tx:
        found = authored.get(tx, name[:64]) if "\x00" not in name else None
    return found if found is not None and identity.reaches(found.team) else None


def need_mine(hub: Hub, identity: Identity, name: str) -> tuple[Authored, Actor]:
    """The same, with the person as an actor for its team.

    Raises:
        UnknownName: no team of theirs has such a template.
    """
    found = mine(hub, identity, name)
    if found is None:
        raise UnknownName("Your teams have no template of this name.", instead="Look at the list of templates.")
    return found, identity.actor(team=found.team)


def tests_of(hub: Hub, seen: Seen) -> str:
    """The text of a template's tests."""
    if seen.mine is not None:
        return seen.mine.tests
    return cases.beside(seen.name, hub.settings.templates) if seen.standing is None else ""


def example(template: Template, tests: str) -> tuple[Mapping[str, object], str] | None:
    """Inputs of the first good test and the text that came of them; None where there is none."""
    try:
        known = cases.read("the tests", tests) if tests.strip() else []
    except ValueError:
        return None
    for case in known:
        if case.answer is not None and cases.is_good(case):
            try:
                values, draft = template.accept(case.vars), template.contract.parse(case.answer)
            except (BadRequest, ContractBroken):
                continue
            text = template.contract.to_write(draft) or "\n\n".join(one.text for one in draft.variants)
            return {name: value for name, value in values.items() if name in case.vars}, text
    return None


def surfaces(hub: Hub, names: Sequence[str]) -> dict[str, str]:
    """What people call the places a template works in."""
    found = hub.registry.connectors
    words = {"api": "API"}
    return {
        name: found[name].title if name in found else words.get(name, name.replace("_", " ").capitalize())
        for name in names
    }


def _read(one: Authored) -> Template | None:
    try:
        return authoring.read(one)
    except BadRequest:
        return None
