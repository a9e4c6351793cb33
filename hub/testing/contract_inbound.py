"""The inbound half of the connector contract: who sent a webhook is proven, and each event is one run."""

from __future__ import annotations

import copy
import inspect
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic import TypeAdapter

from hub.sdk import Actor, Connector, GuardedHttp, Ignored, Inbound, Notice, Request, Trigger, Unverified
from hub.store import codec
from hub.testing.contract_bench import KEYS, LARGEST, ONE, TEAM, TWO, Bench, open_bench, without_proof
from hub.testing.stand import Stand

JSON = TypeAdapter(dict[str, Any])
GARBAGE = (b"", b"{", b"null", b"[1]", b'"text"', b'{"event": 1}', b"\xff\xfe", b"<html>", b"[" * 50_000)


class InboundContract(ABC):
    """What a connector does with what arrives. ``ConnectorContract`` says how to use it."""

    connector: ClassVar[Connector]
    #: Whether the vendor's proof covers the body. False where a token alone proves the sender.
    signs_body: ClassVar[bool] = True
    #: Seconds after which a signed call is too old, None when the vendor's proof holds no time.
    too_old_after: ClassVar[float | None] = None
    #: Whether an admin turns over what webhooks are signed with. False where the vendor does, for everybody.
    turns_over: ClassVar[bool] = True
    #: The events the sender of this stand has, where a connector knows several; None is all of the connector.
    events: ClassVar[tuple[str, ...] | None] = None

    @abstractmethod
    def stand(self) -> Stand:
        """A new stand-in of the vendor, running."""

    @abstractmethod
    def signed(self, event: bytes, key: str) -> Inbound:
        """The event as the vendor sends it, signed with the key now. The path does not matter."""

    def unproven(self, call: Inbound) -> Inbound:
        """The same delivery without its proof. Override it where the proof is part of the body."""
        return without_proof(call)

    def unheard_of(self, event: bytes) -> bytes:
        """A payload of an event nobody has heard of, made of one that is known."""
        for name in sorted(self.connector.events, key=len, reverse=True):
            event = event.replace(name.encode(), b"inlay.unheard_of")
        return event

    @pytest.fixture
    def bench(self, tmp_path: Path) -> Iterator[Bench]:
        """A running stand, and a hub with two connections to it."""
        stand = self.stand()
        try:
            with open_bench(self.connector, stand, tmp_path) as bench:
                yield bench
        finally:
            stand.stop()

    @classmethod
    def fixtures(cls) -> dict[str, bytes]:
        """Each recorded payload by its file's name without the ending, from ``fixtures/`` beside the connector."""
        return _read(Path(inspect.getfile(type(cls.connector))).with_name("fixtures"))

    def _event(self, bench: Bench) -> tuple[bytes, int]:
        """The first fixture that asks for work, and how many runs it asks for."""
        for event in self.fixtures().values():
            found = bench.connector.parse(bench.opened(), self.signed(event, KEYS[ONE]))
            if asked := sum(isinstance(one, (Request, Notice)) for one in found):
                return event, asked
        raise AssertionError("no fixture asks for a run")

    def test_an_event_is_stored_as_a_run_and_answered_2xx(self, bench: Bench) -> None:
        event, asked = self._event(bench)
        status, _ = bench.send(self.signed(event, KEYS[ONE]))
        assert 200 <= status < 300
        assert len(bench.runs()) == asked
        assert all(run.team == TEAM and run.request.key.startswith(f"in:{ONE}:") for run in bench.runs())

    def test_the_same_event_twice_is_one_run(self, bench: Bench) -> None:
        event, asked = self._event(bench)
        call = self.signed(event, KEYS[ONE])
        assert {200 <= bench.send(call)[0] < 300 for _ in range(3)} == {True}
        assert bench.send(self.signed(event, KEYS[ONE]))[0] < 300
        assert len(bench.runs()) == asked

    def test_an_event_without_a_signature_is_refused(self, bench: Bench) -> None:
        event, _ = self._event(bench)
        assert bench.send(self.unproven(self.signed(event, KEYS[ONE])))[0] == 401
        assert bench.runs() == []

    def test_a_forged_event_is_refused_and_told_nothing(self, bench: Bench) -> None:
        event, _ = self._event(bench)
        good = self.signed(event, KEYS[ONE])
        forged = [self.signed(event, "a key the vendor does not have"), self.signed(event, "")]
        proofs = [name for name in good.headers if name != "content-type"]
        # A byte too many, and one that is no ASCII: hmac.compare_digest takes no other text.
        forged += [
            replace(good, headers={**good.headers, **{name: good.headers[name] + more for name in proofs}})
            for more in ("0", "\xe9")
            if proofs
        ]
        if self.signs_body:
            forged.append(replace(good, body=good.body + b" "))
        for call in forged:
            status, said = bench.send(call)
            assert status == 401
            assert KEYS[ONE].encode() not in said
        assert bench.runs() == []

    def test_an_event_of_another_connection_is_refused(self, bench: Bench) -> None:
        event, _ = self._event(bench)
        assert bench.send(self.signed(event, KEYS[ONE]), to=TWO)[0] == 401
        assert bench.runs() == []

    def test_an_event_that_is_too_old_is_refused(self, bench: Bench) -> None:
        if self.too_old_after is None:
            pytest.skip("this vendor's proof holds no time; a repeated event is the same run")
        event, _ = self._event(bench)
        call, now = self.signed(event, KEYS[ONE]), bench.hub.parts.clock()
        bench.connector.prepare(bench.opened(), call)
        bench.connector.verify(bench.opened(), call, lambda: now)
        late = now + self.too_old_after + 60
        with pytest.raises(Unverified):
            bench.connector.verify(bench.opened(), call, lambda: late)

    def test_an_event_that_is_too_large_is_refused(self, bench: Bench) -> None:
        event, _ = self._event(bench)
        assert bench.send(self.signed(event + b" " * LARGEST, KEYS[ONE]))[0] == 413
        assert bench.runs() == []

    def test_the_key_before_is_accepted_until_it_is_cleared(self, bench: Bench) -> None:
        if not self.turns_over:
            pytest.skip("this vendor turns its own keys over; the connector's tests say how that is met")
        event, _ = self._event(bench)
        bench.connect(ONE, "the-new-key", previous=KEYS[ONE])
        for key in (KEYS[ONE], "the-new-key"):
            assert bench.send(self.signed(event, key))[0] < 300
        bench.connect(ONE, "the-new-key")
        assert bench.send(self.signed(event, KEYS[ONE]))[0] == 401
        assert bench.send(self.signed(event, "the-new-key"))[0] < 300

    def test_only_a_post_delivers_events(self, bench: Bench) -> None:
        event, _ = self._event(bench)
        for method in ("GET", "PUT", "PATCH", "DELETE"):
            assert bench.send(self.signed(event, KEYS[ONE]), method=method)[0] == 405
        assert bench.runs() == []

    @pytest.mark.parametrize("body", GARBAGE, ids=lambda body: repr(body[:12]))
    def test_garbage_starts_nothing_and_breaks_nothing(self, bench: Bench, body: bytes) -> None:
        assert 200 <= bench.send(self.signed(body, KEYS[ONE]))[0] < 500
        assert bench.runs() == []

    def test_an_unknown_event_is_ignored_and_answered_2xx(self, bench: Bench) -> None:
        event, _ = self._event(bench)
        call = self.signed(self.unheard_of(event), KEYS[ONE])
        found = bench.connector.parse(bench.opened(), call)
        assert found
        assert all(isinstance(one, Ignored) and one.event and one.why for one in found)
        assert 200 <= bench.send(call)[0] < 300
        assert bench.runs() == []

    def test_every_event_has_a_fixture_and_every_fixture_parses(self, bench: Bench) -> None:
        # What follows a double underscore tells two payloads of one event apart.
        known = self.connector.events if self.events is None else self.events
        assert {name.split("__")[0] for name in self.fixtures()} == set(known) <= set(self.connector.events)
        for name, event in self.fixtures().items():
            assert bench.connector.parse(bench.opened(), self.signed(event, KEYS[ONE])), name

    def test_verify_and_parse_are_pure(self, bench: Bench) -> None:
        # What verifying needs of the vendor was fetched before, by ``prepare``.
        for event in self.fixtures().values():
            bench.connector.prepare(bench.opened(), self.signed(event, KEYS[ONE]))
        prepared = dict(bench.opened().memory)
        unconnected = replace(bench.opened(), http=GuardedHttp(()), memory=dict(prepared))
        calls = bench.stand.calls()
        for event in self.fixtures().values():
            call = self.signed(event, KEYS[ONE])
            before = copy.deepcopy(call)
            bench.connector.verify(unconnected, call, bench.hub.parts.clock)
            first = list(bench.connector.parse(unconnected, call))
            assert list(bench.connector.parse(unconnected, call)) == first
            assert call == before
        assert unconnected.memory == prepared
        assert bench.stand.calls() == calls

    def test_the_vendor_s_words_stop_at_the_door(self, bench: Bench) -> None:
        for event in self.fixtures().values():
            for one in bench.connector.parse(bench.opened(), self.signed(event, KEYS[ONE])):
                if isinstance(one, Ignored):
                    continue
                assert one.key.strip()
                if isinstance(one, Notice):
                    assert one.at
                    assert JSON.validate_json(JSON.dump_json(dict(one.at))) == one.at
                    continue
                assert (one.template is None) != (one.workflow is None)
                assert isinstance(one.trigger, Trigger)
                assert isinstance(one.actor, Actor)
                assert one.surface in self.connector.surfaces
                for target in filter(None, (one.target, *one.destinations)):
                    assert target.connection == ONE
                # Stored and read back it is the same: nothing in it is an object of the vendor's library.
                assert codec.decode("request", codec.encode("request", one)) == one
                assert one.raw, "the vendor's original is kept beside the request"


@cache
def _read(folder: Path) -> dict[str, bytes]:
    assert folder.is_dir(), f"there is no folder fixtures beside {folder.parent.name}'s connector"
    return {path.stem: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}
