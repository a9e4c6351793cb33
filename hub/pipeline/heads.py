"""Heads: once a day the ledger's end is signed and kept, and put into a folder the organisation keeps elsewhere."""

from __future__ import annotations

import os
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from hub.errors import InlayError
from hub.ledger import Head
from hub.pipeline.parts import Parts
from hub.store import heads

#: Heads put into the folder at one look.
BATCH = 400


def keep(parts: Parts) -> None:
    """Keep this day's head (UTC) if there is none yet, and put what is not in the folder there.

    Raises:
        InlayError: the folder cannot be written to. The heads stay in the database, and the next look tries again.
    """
    now = parts.clock()
    day = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d")
    with parts.database.reading() as tx:
        known = heads.known(tx, day)
    if not known:
        with parts.database.transaction() as tx:
            head = parts.ledger.signed_head(tx, at=now, hub=parts.settings.url)
            if head.number:
                heads.keep(tx, day, asdict(head))
    if parts.settings.ledger_heads is not None:
        _file(parts, parts.settings.ledger_heads)


def _file(parts: Parts, folder: Path) -> None:
    with parts.database.reading() as tx:
        days = heads.unfiled(tx, BATCH)
    for day in days:
        # Written before the commit: a crash between the two writes the same line twice, and never loses one.
        with parts.database.transaction() as tx:
            found = heads.file(tx, day)
            if found is not None:
                _append(folder / f"ledger-heads-{day[:7]}.jsonl", Head(**found))


def _append(path: Path, head: Head) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(head.line() + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise InlayError(
            f"The ledger's head cannot be written to {path.parent}: {error.strerror}.",
            instead="Make the folder of INLAY_LEDGER_HEADS writable for the hub.",
        ) from None
