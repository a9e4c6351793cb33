"""The files for an org: filled in from the settings, deployable but for the token, and nothing in them is secret."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from lxml import etree  # pyright: ignore[reportAttributeAccessIssue]  # lxml ships no types

from connectors.salesforce import openapi, package
from connectors.salesforce.manifests import OPENAPI, manifests
from hub.cli import main
from hub.sdk import BadRequest, Connection, GuardedHttp, Secret
from tests.connectors.salesforce.connector_bench import CONSUMER, ORG, key, settings

HUB = "https://hub.example.com"
USER = "inlay@acme.example.integration"
INBOUND, BUTTON = "the-inbound-token-of-this-connection", "the-button-token-of-this-connection"
HUB_YAML = f"""
teams: {{brand: {{title: Brand}}}}
connections:
  acme:
    connector: salesforce
    settings:
      domain: acme.my.salesforce.com
      organization_id: {ORG}
      username: {USER}
      consumer_key: {CONSUMER}
      private_key: $file:salesforce.key
      inbound_token: $env:SALESFORCE_INBOUND_TOKEN
      button_token: $env:SALESFORCE_BUTTON_TOKEN
"""


def made(hub: str = HUB, name: str = "acme", **more: Any) -> dict[str, str]:
    given = {"username": USER, "inbound_token": Secret(INBOUND), "button_token": Secret(BUTTON), **more}
    filled = Connection(name=name, settings=settings(**given), http=GuardedHttp(()))
    return dict(manifests(filled, f"{hub}/connect/salesforce/{name}"))


def left(files: dict[str, str]) -> list[str]:
    """What a deploy of the copy would refuse."""
    deployed = {path: text for path, text in files.items() if path != OPENAPI}
    return [one.what.partition(":")[0] for one in package.problems(deployed, filled=True)]


def test_only_the_token_is_left_to_be_replaced() -> None:
    assert left(made()) == ["REPLACE_INBOUND_TOKEN is still to be replaced"]
    assert set(made()) == {*package.shipped(), OPENAPI}


def test_with_client_credentials_the_user_is_left_too() -> None:
    files = made(username="", private_key=None, consumer_secret=Secret("a-secret-of-the-app"))
    assert left(files) == [
        "REPLACE_INBOUND_TOKEN is still to be replaced",
        "REPLACE_INTEGRATION_USERNAME is still to be replaced",
    ]


def test_the_message_goes_to_the_webhook_of_this_connection_in_the_user_s_name() -> None:
    files = made()
    (path,) = (path for path in files if path.endswith("AI_Request__c.workflow-meta.xml"))
    tree = etree.fromstring(files[path].encode())
    assert tree.findtext(".//{*}endpointUrl") == f"{HUB}/in/acme/REPLACE_INBOUND_TOKEN"
    assert tree.findtext(".//{*}integrationUser") == USER
    (path,) = (path for path in files if path.endswith("AI_Hub.namedCredential-meta.xml"))
    assert HUB in [one.text for one in etree.fromstring(files[path].encode()).iterfind(".//{*}parameterValue")]


def test_the_button_s_file_is_the_one_of_this_connection() -> None:
    assert json.loads(made()[OPENAPI]) == openapi.document(HUB, "acme")


def test_a_hub_below_a_path_is_named_with_it() -> None:
    files = made(f"{HUB}/inlay")
    assert left(files) == left(made())
    assert any(f"{HUB}/inlay/in/acme/REPLACE_INBOUND_TOKEN" in text for text in files.values())
    assert json.loads(files[OPENAPI])["servers"] == [{"url": f"{HUB}/inlay"}]


def test_nothing_in_the_files_is_secret() -> None:
    for files in (
        made(inbound_token_previous=Secret("old-" + INBOUND), button_token_previous=Secret("old-" + BUTTON)),
        made(private_key=None, consumer_secret=Secret("a-secret-of-the-app")),
    ):
        everything = "\n".join(files.values())
        assert not [said for said in (INBOUND, BUTTON, "a-secret-of-the-app", "PRIVATE KEY") if said in everything]
        assert not [line for line in key()[0].splitlines() if line in everything]


def test_what_an_admin_typed_stays_text() -> None:
    files = made(username='a&b"<c>@acme.example')
    assert left(files) == left(made())
    (path,) = (path for path in files if path.endswith("AI_Request__c.workflow-meta.xml"))
    assert etree.fromstring(files[path].encode()).findtext(".//{*}integrationUser") == 'a&b"<c>@acme.example'


@pytest.mark.parametrize(
    "hub",
    [
        "http://hub.example.com", "http://127.0.0.1:8800", "https://", "https:///path", "hub.example.com", "",
        "https://inlay:a-password@hub.example.com", "https://hub.example.com?key=a-password", "https://hub.example.com:x",
        "https://[::1", "ftp://hub.example.com",
    ],
)  # fmt: skip
def test_an_address_salesforce_cannot_call_is_refused_with_what_to_do(hub: str) -> None:
    with pytest.raises(BadRequest) as refused:
        made(hub)
    said = f"{refused.value.what} {refused.value.why} {refused.value.instead}"
    assert "INLAY_PUBLIC_URL" in refused.value.instead and "force-app" in refused.value.instead
    assert refused.value.who == "an admin"
    assert "a-password" not in said


Inlay = Callable[..., Result]


@pytest.fixture
def inlay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Inlay:
    """Runs a command on a hub with one connection to an org."""
    monkeypatch.setenv("INLAY_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("INLAY_PUBLIC_URL", HUB)
    monkeypatch.setenv("SALESFORCE_INBOUND_TOKEN", INBOUND)
    monkeypatch.setenv("SALESFORCE_BUTTON_TOKEN", BUTTON)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hub.yaml").write_text(HUB_YAML, encoding="utf-8")
    (tmp_path / "salesforce.key").write_text(key()[0], encoding="utf-8")

    def run(*words: str) -> Result:
        return CliRunner().invoke(main, list(words))

    assert run("apply", "hub.yaml").exit_code == 0
    return run


def test_a_command_writes_a_package_that_deploys_once_the_token_is_in_it(inlay: Inlay, tmp_path: Path) -> None:
    said = inlay("connectors", "manifest", "acme", "--out", "org")
    assert said.exit_code == 0, said.output
    written = package.read(tmp_path / "org")
    assert {**written, OPENAPI: (tmp_path / "org" / OPENAPI).read_text(encoding="utf-8")} == made()
    (open_,) = package.problems(written, filled=True)
    assert "REPLACE_INBOUND_TOKEN" in open_.what
    finished = package.fill(written, {"REPLACE_INBOUND_TOKEN": INBOUND})
    assert package.problems(finished, filled=True) == []
    assert any(f"{HUB}/in/acme/{INBOUND}<" in text for text in finished.values())


def test_a_command_without_an_https_address_writes_nothing_and_says_what_to_do(
    inlay: Inlay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("INLAY_PUBLIC_URL")
    said = inlay("connectors", "salesforce", "manifest", "--out", "org")
    assert said.exit_code != 0
    assert "INLAY_PUBLIC_URL" in said.output and not (tmp_path / "org").exists()
    assert not re.search(f"{INBOUND}|{BUTTON}|PRIVATE KEY", said.output)
