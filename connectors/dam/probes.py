"""Tries what a connection to a DAM needs: what the dialect asks of the vendor, and whether the settings will do."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.dam.dialects import dialect_of
from connectors.dam.settings import DamSettings
from connectors.dam.slots import NAMES, WRITABLE
from hub.sdk import Connection, InlayError, Probe


def check(connection: Connection) -> list[Probe]:
    """The dialect's own probes, then ``slots``, ``mark``, ``proposal``, ``starts`` and ``dialect``."""
    settings: DamSettings = connection.settings
    try:
        probes = list(dialect_of(settings).probes(connection))
    except InlayError as error:
        probes = [
            Probe(
                id="account",
                ok=False,
                what=f"Call the DAM: {error.what}",
                fix=error.instead or "Check host, account and credentials in the settings, then try again.",
                who=error.who if error.instead else "an admin",
            )
        ]
    taken = {probe.id for probe in probes}
    return [*probes, *(probe for probe in _settings(settings) if probe.id not in taken)]


def caution(settings: DamSettings) -> str:
    """What to know before relying on the connection: that its dialect was not compared with a real account."""
    dialect = dialect_of(settings)
    if dialect.verified:
        return ""
    return f"{dialect.title}: nobody has compared it with a real account yet. Try it before you rely on it."


def _settings(settings: DamSettings) -> Iterator[Probe]:
    dialect = dialect_of(settings)
    mapped = [slot for slot in WRITABLE if settings.field_of(slot)]
    yield _probe(
        "slots",
        bool(mapped),
        f"Inlay may write: {', '.join(NAMES[slot] for slot in mapped)}" if mapped else "No slot has a field here",
        "Name the fields of this DAM in the setting fields, such as {alt_text: the field's name}.",
        optional=False,
    )
    yield _probe(
        "mark",
        bool(settings.field_of("mark")),
        "Inlay keeps its own note on each asset"
        if settings.field_of("mark")
        else "Inlay has no field for its own note: it cannot tell its text from a person's, so it fills empty fields "
        "only, and a new version of a file keeps the old text",
        "Make a text field people do not edit, and name it in the setting fields as mark.",
    )
    yield _probe(
        "proposal",
        bool(settings.field_of("proposal")),
        "Where a person's own text stands, Inlay's becomes a proposal beside it"
        if settings.field_of("proposal")
        else "Inlay has no field for proposals: where a person's own text stands, the draft is on the run's page only",
        "Make a text field for proposals, and name it in the setting fields as proposal.",
    )
    yield _probe(
        "starts",
        any(settings.starts.values()),
        "Events start workflows: " + ", ".join(sorted({name for some in settings.starts.values() for name in some}))
        if any(settings.starts.values())
        else "No event starts a workflow: only people do",
        "Name a workflow in the setting starts, such as {asset.ready: [alt-text]}.",
    )
    said = caution(settings) or f"The dialect is {dialect.title}"
    yield _probe("dialect", dialect.verified, said, "Send one test event, and try one asset.")


def _probe(id: str, ok: bool, what: str, fix: str, *, optional: bool = True) -> Probe:
    return Probe(id=id, ok=ok, what=what, fix="" if ok else fix, who="" if ok else "an admin", optional=optional)
