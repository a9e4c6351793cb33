"""The shelf: the templates in force by name, from files and from the browser, and every revision a run ever used."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache

from hub.errors import BadRequest, UnknownName
from hub.store import Database, authored, revisions
from hub.store.authored import Authored
from hub.templates import Template

#: Seconds what teams published is kept before it is looked up again: so long may a change take to be in force.
KEPT = 1.0


class Shelf:
    """Templates by name and by revision. A revision, once used, is stored for good and never changes.

    What teams published is looked up at most once a second. A file's template stands before one of the same name.

    Args:
        clock: Unix seconds, for the day from which a template is retired.
        tick: seconds of a clock that never goes back.
    """

    def __init__(
        self,
        database: Database,
        templates: Mapping[str, Template],
        clock: Callable[[], float] = time.time,
        tick: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._clock = clock
        self._tick = tick
        self._published: Mapping[str, tuple[Authored, Template]] = {}
        self._renew_at = float("-inf")
        self._current = dict(templates)
        self._by_revision = {template.revision: template for template in templates.values()}
        self._stored = lru_cache(maxsize=256)(self._from_store)

    def keep(self, now: float) -> int:
        """Store the templates in force; how many were new."""
        with self._database.reading() as tx:
            known = revisions.known(tx, [template.revision for template in self._current.values()])
        new = [template for template in self._current.values() if template.revision not in known]
        if not new:
            return 0
        with self._database.transaction() as tx:
            return sum(
                revisions.keep(tx, revision=t.revision, name=t.name, source=t.source, spec=t.model_dump_json(), now=now)
                for t in new
            )

    def current(self, name: str) -> Template:
        """The template in force.

        Raises:
            UnknownName: there is none of this name; the known ones are listed.
        """
        template = self._current.get(name)
        if template is None and (found := self._of_teams().get(name)) is not None:
            template = found[1]
        if template is None:
            raise UnknownName(
                f"There is no template named {name!r}.", instead=f"Pick one of: {', '.join(sorted(self._current))}."
            )
        return template

    def still_open(self, name: str) -> None:
        """
        Raises:
            BadRequest: the template is retired by now; what to use instead is named.
        """
        one = None if name in self._current else self.standing(name)
        if one is not None and self._retired(one):
            raise BadRequest(
                f"The template {name} is retired since {one.ends_on}.",
                why="Its team has deprecated it.",
                instead=f"Use {one.successor}." if one.successor else "Look at the list of templates for another one.",
            )

    def standing(self, name: str) -> Authored | None:
        """How a team's template in force stands; None for one from a file."""
        found = self._of_teams().get(name)
        return None if found is None else found[0]

    def from_file(self, name: str) -> bool:
        """Whether the template in force comes from a file."""
        return name in self._current

    def title(self, name: str) -> str:
        """A template's title as people know it; its name once it is gone."""
        try:
            return self.current(name).title
        except UnknownName:
            return name

    def renew(self) -> None:
        """Look up anew what teams published: something was changed in this process."""
        self._renew_at = float("-inf")

    def revision(self, revision: str) -> Template:
        """The template exactly as a run pinned it."""
        return self._by_revision.get(revision) or self._stored(revision)

    def add(self, template: Template) -> None:
        """Put a template on the shelf, or a newer revision of one."""
        self._current[template.name] = template
        self._by_revision[template.revision] = template

    def every(self) -> list[Template]:
        """All in force, by name, without those that are retired by now."""
        found = {name: t for name, (one, t) in self._of_teams().items() if not self._retired(one)} | self._current
        return [found[name] for name in sorted(found)]

    def _retired(self, one: Authored) -> bool:
        return one.ends_on is not None and one.ends_on <= f"{datetime.fromtimestamp(self._clock(), UTC):%Y-%m-%d}"

    def _of_teams(self) -> Mapping[str, tuple[Authored, Template]]:
        now = self._tick()
        if now >= self._renew_at:
            # Set first: what is published while it is read is read again.
            self._renew_at = now + KEPT
            with self._database.reading() as tx:
                rows = authored.in_force(tx)
            self._published = {one.name: (one, self._read(one, spec)) for one, spec in rows}
        return self._published

    def _read(self, one: Authored, spec: str) -> Template:
        """A published text; who may use it is what its team says, never what stands in the text."""
        known = self._published.get(one.name)
        if known is not None and known[0].production == one.production and known[0].teams == one.teams:
            return known[1]
        return Template.model_validate_json(spec).model_copy(update={"teams": one.teams})

    def _from_store(self, revision: str) -> Template:
        with self._database.reading() as tx:
            spec = revisions.spec(tx, revision)
        if spec is None:
            raise UnknownName(f"The template revision {revision[:16]} is not stored here.", who="an admin")
        return Template.model_validate_json(spec)
