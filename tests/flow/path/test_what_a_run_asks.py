"""What one run asks of its database: nothing that takes longer the more runs are stored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa

from hub.bootstrap import Hub
from tests.hubs import a_hub, request

#: Of tables that grow with runs: what finds one row, and what holds only runs that are under way.
_BOUNDED = {
    "run": {"sqlite_autoindex_run_1", "sqlite_autoindex_run_2", "ix_run_waiting", "ix_run_due"},
    "delivery": {"sqlite_autoindex_delivery_1", "ix_delivery_run_id"},
    "ledger": {"ix_ledger_run_id", "INTEGER PRIMARY KEY"},
}


def asked(hub: Hub) -> list[str]:
    """Every statement of one more run, as SQLite carried it out."""
    said: list[str] = []
    hub.run(request("before"))

    def trace(connection: Any, *_: Any) -> None:
        connection.set_trace_callback(said.append)

    engine = hub.database.engine
    sa.event.listen(engine, "checkout", trace)
    try:
        hub.run(request("traced"))
    finally:
        sa.event.remove(engine, "checkout", trace)
    return said


def test_every_table_that_grows_is_asked_by_an_index_that_holds_little(tmp_path: Path) -> None:
    with a_hub(tmp_path) as hub:
        said = [one for one in asked(hub) if one.split()[0] in ("SELECT", "UPDATE", "DELETE")]
        assert any("count(*)" in one and "'queued'" in one for one in said)
        found: set[tuple[str, str]] = set()
        with hub.database.reading() as tx:
            driver: Any = tx.connection.dbapi_connection
            for statement in said:
                for *_, step in driver.execute(f"EXPLAIN QUERY PLAN {statement}"):
                    verb, table, *rest = step.split()
                    if table == "ledger" and "ORDER BY ledger.seq DESC" in statement:
                        continue  # The newest row: the first one that is looked at.
                    if verb in ("SEARCH", "SCAN") and table in _BOUNDED:
                        words = " ".join(rest)
                        index = next((one for one in _BOUNDED[table] if one in words), f"{verb} {words}")
                        found.add((table, index))
        assert found, said
        assert [(table, index) for table, index in found if index not in _BOUNDED[table]] == []
