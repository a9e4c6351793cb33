"""The shelf: the templates in force by name, and every revision a run ever used."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from hub.errors import UnknownName
from hub.store import Database, revisions
from hub.templates import Template


class Shelf:
    """Templates by name and by revision. A revision, once used, is stored for good and never changes."""

    def __init__(self, database: Database, templates: Mapping[str, Template]) -> None:
        self._database = database
        self._current = dict(templates)
        self._by_revision = {template.revision: template for template in templates.values()}
        self._stored = lru_cache(maxsize=256)(self._from_store)

    def keep(self, now: float) -> int:
        """Store the templates in force; how many were new."""
        with self._database.transaction() as tx:
            return sum(
                revisions.keep(tx, revision=t.revision, name=t.name, source=t.source, spec=t.model_dump_json(), now=now)
                for t in self._current.values()
            )

    def current(self, name: str) -> Template:
        """The template in force.

        Raises:
            UnknownName: there is none of this name; the known ones are listed.
        """
        template = self._current.get(name)
        if template is None:
            raise UnknownName(
                f"There is no template named {name!r}.", instead=f"Pick one of: {', '.join(sorted(self._current))}."
            )
        return template

    def revision(self, revision: str) -> Template:
        """The template exactly as a run pinned it."""
        return self._by_revision.get(revision) or self._stored(revision)

    def add(self, template: Template) -> None:
        """Put a template on the shelf, or a newer revision of one."""
        self._current[template.name] = template
        self._by_revision[template.revision] = template

    def every(self) -> list[Template]:
        return [self._current[name] for name in sorted(self._current)]

    def _from_store(self, revision: str) -> Template:
        with self._database.reading() as tx:
            spec = revisions.spec(tx, revision)
        if spec is None:
            raise UnknownName(f"The template revision {revision[:16]} is not stored here.", who="an admin")
        return Template.model_validate_json(spec)
