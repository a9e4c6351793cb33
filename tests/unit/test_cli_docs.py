"""The reference page says what the code says."""

from __future__ import annotations

from click.testing import CliRunner

from hub.cli import main
from tests.shape.tree import ROOT


def test_the_reference_page_is_what_the_code_says() -> None:
    said = CliRunner().invoke(main, ["docs", "tables"])
    assert said.exit_code == 0
    page = (ROOT / "hub" / "docs" / "reference.md").read_text(encoding="utf-8")
    assert page == said.output, "Write it anew: inlay docs tables > hub/docs/reference.md"


def test_every_setting_command_and_hook_is_in_it() -> None:
    page = CliRunner().invoke(main, ["docs", "tables"]).output
    wanted = ("`INLAY_DATABASE_URL`", "`inlay ledger verify`", "`register_connectors(register)`", "`model.answered`")
    assert all(word in page for word in wanted)
