"""The connector contract: a class that gives every connector the same tests by inheritance, ours and anybody's.

A connector's tests say how to reach its stand-in, and inherit the rest::

    class TestWiki(ConnectorContract):
        connector = Wiki()

        def stand(self):
            return WikiStand()

        def signed(self, event, key):
            return posted(event, X_Wiki_Signature=hmac.new(key.encode(), event, "sha256").hexdigest())

``WikiStand`` is a ``hub.testing.stand.Stand``. The connector is found by its entry point, so install its package.
"""

from __future__ import annotations

import io
import json
import logging
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import asdict, replace
from typing import Any, ClassVar

import pytest
import structlog
from pydantic import ValidationError

from hub.errors import BadRequest, InlayError
from hub.sdk import GuardedHttp
from hub.store import connections
from hub.testing.contract_bench import HUB_KEY, KEYS, ONE, Bench, posted
from hub.testing.contract_inbound import InboundContract
from hub.testing.contract_writing import WritingContract
from hub.testing.stand import Stand

__all__ = ["ConnectorContract", "Stand", "posted"]

#: What stands in a document and in a draft, and nowhere else.
PRIVATE = ("the secret launch in June", "a draft nobody has seen")
_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*(:\d+)?|\[[0-9a-f:]+\](:\d+)?")


class ConnectorContract(InboundContract, WritingContract):
    """The contract whole. A subclass gives ``connector``, ``stand`` and ``signed``, and these where they differ."""

    #: The kind of item ``count_items`` counts, such as "documents"; None when the connector counts nothing.
    counts: ClassVar[str | None] = None

    def test_it_is_loaded_by_its_entry_point(self, bench: Bench) -> None:
        assert type(bench.connector) is type(self.connector)
        assert bench.connector.name == self.connector.name

    def test_every_setting_is_described(self) -> None:
        fields = self.connector.settings.model_fields
        assert not [name for name, info in fields.items() if len((info.description or "").split()) < 3]

    def test_a_working_connection_passes_every_probe(self, bench: Bench) -> None:
        probes = bench.connector.check_connection(bench.opened())
        assert probes
        assert [probe for probe in probes if not probe.ok] == []
        assert len({probe.id for probe in probes}) == len(probes)

    @pytest.mark.parametrize("trouble", ["expire", "busy", "stop"])
    def test_a_failing_probe_names_its_fix_and_who_can_do_it(self, bench: Bench, trouble: str) -> None:
        getattr(bench.stand, trouble)()
        failed = [probe for probe in bench.connector.check_connection(bench.opened()) if not probe.ok]
        assert failed
        assert all(probe.what and probe.fix and probe.who for probe in failed)

    def test_items_of_a_window_are_counted(self, bench: Bench) -> None:
        opened, now = bench.opened(), bench.hub.parts.clock()
        with pytest.raises(InlayError):
            bench.connector.count_items(opened, "no such kind", now - 60, now)
        if self.counts is None:
            return
        for _ in range(3):
            bench.stand.make_item()
        found = bench.connector.count_items(opened, self.counts, now - 3600, now + 60)
        assert (found.kind, found.count, len(set(found.ids))) == (self.counts, 3, 3)
        assert bench.connector.count_items(opened, self.counts, now - 7200, now - 3600).count == 0

    def test_it_calls_the_hosts_of_its_settings_only_and_by_the_connection_only(self, bench: Bench) -> None:
        opened, delivery = bench.opened(), bench.delivery(bench.target())
        hosts = opened.settings.hosts()
        assert hosts
        assert [host for host in hosts if not _HOST.fullmatch(host)] == []
        with pytest.raises(BadRequest):
            opened.http.request("GET", "https://elsewhere.example/")
        elsewhere = replace(opened, http=GuardedHttp({"elsewhere.example"}, loopback_only=True), memory={})
        calls = bench.stand.calls()
        for act in (
            lambda: bench.connector.context(elsewhere, delivery.target),
            lambda: bench.connector.write_back(elsewhere, delivery),
        ):
            with pytest.raises(InlayError):
                act()
        assert not all(probe.ok for probe in bench.connector.check_connection(elsewhere))
        assert bench.stand.calls() == calls

    def test_settings_and_connections_show_no_secret(self, bench: Bench) -> None:
        given, opened = bench.stand.settings(KEYS[ONE], "planted-key-before"), bench.opened()
        secrets = self._secrets(given)
        assert bench.stand.secret(KEYS[ONE]) in secrets, "what webhooks are signed with is a Secret"
        filled = self.connector.settings.model_validate(given)
        with bench.hub.database.reading() as tx:
            stored = connections.get(tx, ONE)
        assert stored is not None
        told = [repr(filled), str(filled), filled.model_dump_json(), json.dumps(asdict(stored), default=str)]
        told += [repr(opened), str(opened), repr(opened.http), repr(opened.memory)]
        for name in given:
            # Whatever is wrong with the settings, the error quotes no value.
            with pytest.raises(ValidationError) as caught:
                self.connector.settings.model_validate({**given, name: [given[name]], f"{name}_misspelt": given[name]})
            told.append(str(caught.value))
        assert [secret for secret in secrets for text in told if secret in text] == []

    def test_no_secret_and_no_text_reaches_a_log_or_an_error(
        self, bench: Bench, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        with _listening() as heard:
            told = self._everything_told(bench)
        assert "unverified" in heard.getvalue(), "the hub's own log is heard"
        told += [heard.getvalue(), caplog.text]
        planted = [*self._secrets(bench.stand.settings(KEYS[ONE])), HUB_KEY, *PRIVATE]
        assert [word for word in planted for text in told if word in text] == []

    def _everything_told(self, bench: Bench) -> list[str]:
        """What is answered, raised and probed while everything goes wrong that can."""
        told: list[str] = []
        delivery = bench.delivery(bench.target(PRIVATE[0]), PRIVATE[1])
        event, _ = self._event(bench)
        for call in (self.signed(event, KEYS[ONE]), self.signed(event, "forged"), self.signed(b"{", KEYS[ONE])):
            told.append(bench.send(call)[1].decode("utf-8", "replace"))
        receipt = bench.write(delivery)
        bench.stand.edit(delivery.key)
        opened = bench.opened()

        def everything() -> None:
            for act in (
                lambda: bench.connector.context(opened, delivery.target),
                lambda: bench.write(delivery),
                lambda: bench.undo(delivery, receipt),
                lambda: bench.connector.count_items(opened, self.counts or "items", 0.0, 1.0),
            ):
                told.append(_said(act))
            told.extend(str(probe) for probe in bench.connector.check_connection(opened))

        everything()
        for trouble in (bench.stand.busy, bench.stand.expire, bench.stand.stop):
            trouble()
            everything()
        return told

    def _secrets(self, given: dict[str, Any]) -> list[str]:
        names = self.connector.settings.secret_names()
        return [value for name, value in given.items() if name in names and value]


def _said(act: Callable[[], object]) -> str:
    """What an error of the connector tells; any other error is a fault and fails the test."""
    try:
        act()
    except InlayError as error:
        return f"{error} {error!r} {error.problem()}"
    return ""


@contextmanager
def _listening() -> Iterator[io.StringIO]:
    """Everything that is printed or logged by structlog meanwhile, whatever its level."""
    heard, before = io.StringIO(), structlog.get_config()
    structlog.configure(
        **{**before, "logger_factory": structlog.PrintLoggerFactory(heard)}  # type: ignore[arg-type]
        | {"wrapper_class": structlog.make_filtering_bound_logger(logging.DEBUG)}
    )
    _unbind_loggers()
    try:
        with redirect_stdout(heard), redirect_stderr(heard):
            yield heard
    finally:
        structlog.configure(**before)
        _unbind_loggers()


def _unbind_loggers() -> None:
    """Loggers of modules keep the stream they first wrote to; this makes them ask for it again."""
    for module in list(sys.modules.values()):
        for value in list(vars(module).values()):
            if type(value).__name__ == "BoundLoggerLazyProxy":
                vars(value).pop("bind", None)
