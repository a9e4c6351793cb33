"""Attacks by what is installed and how it is set: plugins that break or squat, settings and logs that would tell."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
import structlog

from hub import logs, registry
from hub.domain import RunState
from hub.errors import ConfigurationError
from hub.sdk import Check, hookimpl
from hub.settings import load
from tests.hubs import a_hub, request

SECRET = "hunter2-hunter2-hunter2"


class Heard:
    """Listens for runs that ended."""

    def __init__(self) -> None:
        self.runs: list[str] = []

    @hookimpl
    def on_run_finished(self, run: Any) -> None:
        self.runs.append(run.id)


class Never(Check):
    """A check whose time limit is none."""

    name = "never"
    sides = ("input",)
    seconds = 0.0

    def examine(self, subject: Any) -> list[Any]:
        return []


class BadTime:
    @hookimpl
    def register_checks(self, register: Any) -> None:
        register(Never())


class BadTemplate:
    @hookimpl
    def register_templates(self, register: Any) -> None:
        register("broken", "---\nnot: [a template")


class Quits:
    @hookimpl
    def register_connectors(self, register: Any) -> None:
        sys.exit("no licence")


class Misspelt:
    @hookimpl
    def register_connectorz(self, register: Any) -> None:
        raise AssertionError


class WrongKind:
    @hookimpl
    def register_checks(self, register: Any) -> None:
        register(object())


def test_a_second_plugin_of_a_name_is_left_out_and_the_first_still_hears(tmp_path: Path) -> None:
    first, second = Heard(), Heard()
    with a_hub(tmp_path, plugins=(("same", first), ("same", second))) as hub:
        done = hub.run(request())
        assert first.runs == [done.id]
        assert second.runs == []
        assert [plugin.error is None for plugin in hub.registry.plugins if plugin.name == "same"] == [True, False]


@pytest.mark.parametrize("bad", [BadTime, BadTemplate, Quits, Misspelt, WrongKind])
def test_a_broken_plugin_is_left_out_by_name_and_the_hub_starts_and_works(tmp_path: Path, bad: type) -> None:
    heard = Heard()
    with a_hub(tmp_path, plugins=(("bad", bad()), ("good", heard))) as hub:
        assert hub.run(request()).state is RunState.DELIVERED
        assert heard.runs
        (left_out,) = [plugin for plugin in hub.registry.plugins if plugin.error is not None]
        assert left_out.name == "bad"


def test_a_plugin_that_ends_the_process_while_it_loads_is_left_out() -> None:
    def get() -> Any:
        raise SystemExit(3)

    found = registry.Registry()
    found.hooks.add_hookspecs(registry.specs)
    registry._add(found, registry._Point("quits", "given", "", get), lambda name, source: None)
    assert found.plugins[0].error is not None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MODEL_FALLBACKS", SECRET),
        ("MODEL_FALLBACKS", json.dumps([{"api_key": [SECRET]}])),
        ("MODEL_PRICES", "{" + SECRET),
        ("PLUGINS_OFF", SECRET),
        ("PORT", SECRET),
        ("PORT", "-1"),
        ("WORKERS", SECRET),
        ("DEMO", SECRET),
        ("LEASE_SECONDS", "nan " + SECRET),
    ],
)
def test_a_wrong_setting_is_named_and_never_quoted(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"INLAY_{name}", value)
    with pytest.raises(ConfigurationError) as error:
        load()
    assert f"INLAY_{name}" in str(error.value)
    assert SECRET not in str(error.value)


def test_a_settings_file_that_is_no_text_is_named_and_never_quoted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "key"
    path.write_bytes(SECRET.encode() + b"\xff\xfe")
    monkeypatch.setenv("INLAY_SECRET_KEY_FILE", str(path))
    with pytest.raises(ConfigurationError) as error:
        load()
    assert "INLAY_SECRET_KEY_FILE" in str(error.value)
    assert SECRET not in str(error.value)


@pytest.mark.parametrize("pretty", [True, False])
def test_an_exception_in_the_log_says_its_type_and_place_and_nothing_it_held(
    monkeypatch: pytest.MonkeyPatch, pretty: bool
) -> None:
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    before = structlog.get_config()
    try:
        logs.configure("INFO", pretty=pretty)
        document = f"a document that says {SECRET}"
        try:
            raise ValueError(f"cannot read: {document}")
        except ValueError:
            structlog.get_logger().exception("stage raised", run="r1")
    finally:
        structlog.configure(**before)
    said = written.getvalue()
    assert "stage raised" in said
    assert "ValueError" in said
    assert "test_plugins_and_settings" in said
    assert SECRET not in said
