"""The guides tell the truth: the files in them load, the commands and settings in them exist, each says what if not."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest
import yaml

from hub.cli import main
from hub.configure import plan, read
from hub.settings import Settings
from hub.templates import load
from hub.testing.template_tests import read_cases, run_case
from hub.web.pages.help import guides, rendered
from tests.guides.guides import DOCS, PAGES, blocks, guide
from tests.hubs import a_hub

HOW_TO = [
    "start",
    "administer",
    "connect-google-docs",
    "deploy-google-docs-addons",
    "connect-salesforce",
    "connect-a-dam",
    "adobe-panels",
    "connect-a-model",
    "run-in-production",
    "audit",
    "write-a-template",
    "write-a-connector",
    "use-the-api",
    "send-webhooks",
    "notifications",
    "lineage",
]
_KEY = '{"client_email": "inlay@project.iam.gserviceaccount.com", "private_key": "made up"}'
_CALL = re.compile(r"(?<![\w/.:-])inlay ((?:[a-z]+ ?)[^`\n|>#;&()]*)")


def _id(page: Path) -> str:
    return page.parent.name + "/" + page.name


@pytest.mark.parametrize("name", HOW_TO)
def test_each_how_to_ends_with_how_to_see_that_it_worked_and_what_to_do_if_not(name: str) -> None:
    headings = re.findall(r"^## (.+)$", guide(name), re.MULTILINE)
    assert headings[-2:] == ["Check it worked", "If it did not"]


def test_every_guide_is_served_under_help_with_its_title() -> None:
    served = guides()
    assert set(HOW_TO) | {"how-a-run-works", "governance"} <= set(served)
    assert next(iter(served)) == "start"
    for name, one in served.items():
        assert 20 < len(one.about) < 200, name
        assert rendered(one.text).startswith("<h1"), name
        assert one.title != name


def test_links_between_guides_lead_to_pages_of_the_product() -> None:
    pages = {name: rendered(one.text) for name, one in guides().items()}
    for name, page in pages.items():
        for target in re.findall(r'href="([^"]+)"', page):
            if target.startswith("https://"):
                continue
            there, _, anchor = target.removeprefix("/help/").partition("#")
            there = there or name
            assert there in pages, (name, target)
            assert not anchor or f'id="{anchor}"' in pages[there], (name, target)


@pytest.mark.parametrize("page", PAGES, ids=_id)
def test_every_setting_a_page_names_exists(page: Path) -> None:
    named = set(re.findall(r"\bINLAY_([A-Z_]+[A-Z])\b", page.read_text(encoding="utf-8")))
    # Compose has passwords of its own, and CI settings of tests stand in CONTRIBUTING only.
    known = {name.upper() for name in Settings.model_fields} | {"DB_PASSWORD", "REDIS_PASSWORD"}
    assert not {name for name in named if name.removesuffix("_FILE") not in known}


@pytest.mark.parametrize("page", PAGES, ids=_id)
def test_every_command_a_page_names_exists_with_its_options(page: Path) -> None:
    wrong = []
    for said in _CALL.findall(page.read_text(encoding="utf-8")):
        words = shlex.split(said.replace("'", ""), comments=True)
        if not _exists(words):
            wrong.append(said)
    assert not wrong


def _exists(words: list[str]) -> bool:
    command: click.Command = main
    for word in words:
        if isinstance(command, click.Group) and not word.startswith("-"):
            found = command.get_command(click.Context(command), word)
            if found is None:
                return False
            command = found
        elif word.startswith("--") and word not in ("--version", "--help"):
            known = {option for parameter in command.params for option in parameter.opts}
            if word.split("=")[0] not in known:
                return False
    return True


def test_the_examples_of_a_hub_yaml_can_be_planned(tmp_path: Path) -> None:
    (tmp_path / "service-account.json").write_text(_KEY, encoding="utf-8")
    environ = {"DOCS_INBOUND_TOKEN": "a-long-random-text", "SANDBOX_TOKEN": "any"}
    teams = "teams: {brand: {title: Brand}, media: {title: Media}}\n"
    seen = 0
    with a_hub(tmp_path / "home") as hub:
        for name in ("start", "connect-google-docs", "deploy-google-docs-addons", "governance"):
            for text in blocks(guide(name), "yaml"):
                whole = text if "teams" in yaml.safe_load(text) else teams + text
                made = plan(hub, read(whole, folder=tmp_path, environ=environ))
                assert made.todo, text
                seen += 1
    assert seen == 10


def test_the_template_of_the_guide_is_taken_and_its_cases_hold(tmp_path: Path) -> None:
    text = guide("write-a-template")
    (source,) = blocks(text, "prompty")
    (cases,) = blocks(text, "yaml")
    template = load("headline-options", source)
    (tmp_path / "headline-options.tests.yaml").write_text(cases, encoding="utf-8")
    found = read_cases(tmp_path / "headline-options.tests.yaml")
    assert len(found) == 4
    for case in found:
        run_case(template, case)


def test_the_guide_names_every_rule_a_limit_can_have() -> None:
    from typing import get_args

    from hub.templates.contract import Rule

    assert not [rule for rule in get_args(Rule) if f"`{rule}`" not in guide("write-a-template")]


def test_the_guide_explains_every_state_of_a_run() -> None:
    from hub.domain import RunState

    rows = re.findall(r"^\| `(\w+)` \|", guide("how-a-run-works"), re.MULTILINE)
    assert set(rows) == set(RunState)


def test_no_page_names_a_folder_of_one_machine() -> None:
    for page in (*PAGES, *DOCS.rglob("*.md")):
        assert not re.search(r"(?<![\w$])/(?:home|root|Users|work)/", page.read_text(encoding="utf-8")), page


def test_the_guide_to_the_add_ons_names_every_setting_scope_and_reason_there_is() -> None:
    from connectors.google_docs import manifests, tokens
    from connectors.google_docs.settings import GoogleDocsSettings

    text = guide("deploy-google-docs-addons")
    settings = [name for name in GoogleDocsSettings.model_fields if name.startswith("addon_")]
    scopes = {*manifests.CARD_SCOPES, *manifests.SIDEBAR_SCOPES}
    reasons = set(re.findall(r'_unproven\("(\w+)"\)', Path(tokens.__file__).read_text(encoding="utf-8")))
    # These two are no fault of a deployment: a call to no page, and one without Google's event.
    named = [*settings, *scopes, *(reasons - {"no_such_page", "no_event"})]
    assert not [one for one in named if f"`{one}`" not in text]
