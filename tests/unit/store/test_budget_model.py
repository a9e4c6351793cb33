"""Budgets beside a model so simple that it is surely right: any order of reserving, settling and raising agrees."""

from __future__ import annotations

from collections import Counter
from tempfile import TemporaryDirectory

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from hub.store import Database, budgets, teams
from hub.store import runs as stored
from hub.store.budgets import EACH, TEAM, Allowance, Scope
from hub.store.tables import metadata
from tests.unit.store.test_runs import a_run

NOW = 1_794_000_000.0
MONTHS = ("2026-10", "2026-11")
RUNS = tuple("012345")
WHO = {run: ("anna@x.org", "ben@x.org", None)[int(run) % 3] for run in RUNS}
FLOW = {run: (None, "email")[int(run) % 2] for run in RUNS}
SCOPES = (TEAM, Scope("person", EACH), Scope("person", "ben@x.org"), Scope("workflow", "email"))
AMOUNTS = st.integers(0, 60)


class Budgets(RuleBasedStateMachine):
    """``limits`` is what is declared, ``held`` what each run has set aside and where, the counters the months."""

    @initialize()
    def start(self) -> None:
        self.folder = TemporaryDirectory()
        self.database = Database(f"sqlite:///{self.folder.name}/hub.db", pool=1)
        with self.database.transaction() as tx:
            metadata.create_all(tx)
            teams.put(tx, "a", "A", {}, 0.0)
            for run in RUNS:
                stored.create(tx, a_run(run), fingerprint="f")
        self.limits: dict[Scope, tuple[int, bool]] = {}
        self.held: dict[str, tuple[str, frozenset[Scope], int]] = {}
        self.spent: Counter[tuple[str, Scope]] = Counter()
        self.raised: Counter[tuple[str, Scope]] = Counter()
        self.warned: set[tuple[str, Scope]] = set()

    def teardown(self) -> None:
        if hasattr(self, "database"):
            self.database.close()
            self.folder.cleanup()

    @rule(scope=st.sampled_from(SCOPES), limit=st.none() | st.integers(0, 150), hard=st.booleans())
    def declares(self, scope: Scope, limit: int | None, hard: bool) -> None:
        self.limits.pop(scope, None)
        if limit is not None:
            self.limits[scope] = (limit, hard)
        with self.database.transaction() as tx:
            found = [Allowance(each, most, 0.8, firm) for each, (most, firm) in self.limits.items()]
            budgets.declare(tx, "a", found)

    @rule(month=st.sampled_from(MONTHS), scope=st.sampled_from((TEAM, SCOPES[2], SCOPES[3])), more=AMOUNTS)
    def raises(self, month: str, scope: Scope, more: int) -> None:
        self.raised[month, scope] += more
        with self.database.transaction() as tx:
            budgets.raise_by(tx, "a", month, scope, more)

    @rule(
        run=st.sampled_from(RUNS),
        month=st.sampled_from(MONTHS),
        amount=AMOUNTS,
        booked=st.none() | AMOUNTS,
    )
    def reserves(self, run: str, month: str, amount: int, booked: int | None) -> None:
        self._book(run, booked)
        wanted = self._applying(run)
        after = {scope: self._used(month, scope) + amount for scope in wanted}
        most = {scope: limit + self.raised[month, scope] for scope, (limit, _) in wanted.items()}
        fits = all(after[scope] <= most[scope] or not hard for scope, (_, hard) in wanted.items())
        with self.database.transaction() as tx:
            limits = budgets.applying(tx, "a", WHO[run], FLOW[run])
            got = budgets.reserve(tx, run, "a", month, limits, amount, now=NOW, booked_micros=booked)
        assert (got.short is None) == fits
        if fits:
            self.held[run] = (month, frozenset(wanted), amount)
            crossed = {scope for scope in wanted if after[scope] >= 0.8 * most[scope]}
            new = {scope for scope in crossed if (month, scope) not in self.warned}
            assert {one.scope for one in got.warned} == new
            self.warned |= {(month, scope) for scope in new}
            assert {one.scope for one in got.over} == {scope for scope in wanted if after[scope] > most[scope]}

    @rule(run=st.sampled_from(RUNS), cost=st.none() | AMOUNTS)
    def settles(self, run: str, cost: int | None) -> None:
        self._book(run, cost)
        with self.database.transaction() as tx:
            budgets.settle(tx, run, cost, NOW)

    @invariant()
    def agrees(self) -> None:
        with self.database.reading() as tx:
            for month in MONTHS:
                days = budgets.days(tx, "a", month)
                for one in budgets.standings(tx, "a", month):
                    scope = one.scope
                    assert one.spent_micros == self.spent[month, scope] == sum(days.get(scope, {}).values())
                    assert one.used_micros == self._used(month, scope)

    def _book(self, run: str, cost: int | None) -> None:
        month, scopes, amount = self.held.pop(run, ("", frozenset(), 0))
        for scope in scopes:
            self.spent[month, scope] += amount if cost is None else cost

    def _used(self, month: str, scope: Scope) -> int:
        held = sum(amount for when, scopes, amount in self.held.values() if when == month and scope in scopes)
        return self.spent[month, scope] + held

    def _applying(self, run: str) -> dict[Scope, tuple[int, bool]]:
        found = {TEAM: self.limits.get(TEAM)}
        if FLOW[run]:
            found[SCOPES[3]] = self.limits.get(SCOPES[3])
        if who := WHO[run]:
            found[Scope("person", who)] = self.limits.get(Scope("person", who)) or self.limits.get(SCOPES[1])
        return {scope: limit for scope, limit in found.items() if limit is not None}


Budgets.TestCase.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
TestBudgets = Budgets.TestCase
