"""The files for Google's consoles: made from a connection's settings, with the configured address and no other."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from google.apps.script.type import CommonAddOnManifest, HttpOptions
from google.apps.script.type.docs import DocsAddOnManifest

from connectors.google_docs.connector import GoogleDocs
from connectors.google_docs.manifests import CARDS
from connectors.google_docs.settings import CARD_VIEWS, GoogleDocsSettings
from hub.cli import main
from hub.sdk import BadRequest, Connection, GuardedHttp
from tests.connectors.google_docs.signing import ADDRESS

HUB = "https://hub.example.com"
ADDON = Path(GoogleDocs.__module__.replace(".", "/")).parent / "addon"
SHIPPED = Path(__file__).resolve().parents[3] / ADDON
HUB_YAML = """
teams: {brand: {title: Brand}}
connections:
  docs: {connector: google_docs, settings: {}}
"""


def made(url: str = ADDRESS, name: str = "docs", **settings: Any) -> dict[str, str]:
    filled = GoogleDocsSettings(**settings)
    return dict(GoogleDocs().manifests(Connection(name=name, settings=filled, http=GuardedHttp(())), url))


def test_the_card_add_on_is_what_googles_own_types_know() -> None:
    manifest = json.loads(made()[CARDS])
    assert set(manifest) == {"oauthScopes", "addOns"}
    assert set(manifest["addOns"]) == {"common", "docs", "httpOptions"}
    common = CommonAddOnManifest.from_json(json.dumps(manifest["addOns"]["common"]))
    docs = DocsAddOnManifest.from_json(json.dumps(manifest["addOns"]["docs"]))
    assert common.name == "Inlay"
    assert docs.homepage_trigger.run_function == f"{ADDRESS}/cards/home"
    assert docs.on_file_scope_granted_trigger.run_function == f"{ADDRESS}/cards/file-scope-granted"
    options = manifest["addOns"]["httpOptions"]
    # The published types do not know this field yet; Google asks for it since December 2025.
    assert options.pop("granularOauthPermissionSupport") == "OPT_IN"
    assert HttpOptions.from_json(json.dumps(options)).authorization_header == 1


def test_the_triggers_are_pages_the_hub_serves_and_tokens_are_taken_for() -> None:
    triggers = json.loads(made()[CARDS])["addOns"]["docs"].values()
    assert {one["runFunction"].rpartition("/")[2] for one in triggers} <= set(CARD_VIEWS)


def test_both_ask_for_the_least_and_for_no_more() -> None:
    files = made()
    assert set(json.loads(files[CARDS])["oauthScopes"]) == {
        "https://www.googleapis.com/auth/drive.file",
        "https://www.googleapis.com/auth/userinfo.email",
        "openid",
    }
    assert set(json.loads(files["sidebar/appsscript.json"])["oauthScopes"]) == {
        "https://www.googleapis.com/auth/documents.currentonly",
        "https://www.googleapis.com/auth/script.container.ui",
        "https://www.googleapis.com/auth/script.external_request",
        "https://www.googleapis.com/auth/userinfo.email",
        "openid",
    }


def test_the_sidebar_may_call_this_connection_and_nothing_else() -> None:
    assert json.loads(made()["sidebar/appsscript.json"])["urlFetchWhitelist"] == [f"{ADDRESS}/"]


def test_the_sidebars_project_is_whole_and_as_it_ships() -> None:
    files = made()
    assert 'var HUB_URL = "https://hub.example.com";\nvar CONNECTION = "docs";\n' in files["sidebar/Config.gs"]
    assert "function logClientId()" in files["sidebar/Config.gs"]
    shipped = {
        path.name: path.read_text(encoding="utf-8") for path in SHIPPED.glob("*.[gh]*") if path.suffix != ".json"
    }
    shipped.pop("Config.gs", None)
    assert shipped, "the sidebar's files are not there"
    assert {f"sidebar/{name}": text for name, text in shipped.items()}.items() <= files.items()
    assert len(files) == len(shipped) + 3


def test_the_project_that_ships_asks_for_what_the_one_that_is_made_asks_for() -> None:
    shipped = json.loads((SHIPPED / "appsscript.json").read_text(encoding="utf-8"))
    assert shipped == json.loads(made()["sidebar/appsscript.json"])


def test_every_address_in_what_is_made_is_a_configured_one_or_a_scope() -> None:
    for name in (CARDS, "sidebar/appsscript.json", "sidebar/Config.gs"):
        found = set(re.findall(r"https?://[^\s\"']+", made()[name]))
        assert not [one for one in found if not one.startswith((HUB, "https://www.googleapis.com/auth/"))]


def test_the_address_in_the_settings_goes_before_the_hubs_own() -> None:
    files = made("http://127.0.0.1:8800/connect/google_docs/docs", addon_urls=[ADDRESS])
    assert f"{ADDRESS}/cards/home" in files[CARDS]
    assert "127.0.0.1" not in "".join(files.values())


@pytest.mark.parametrize("url", ["http://hub.example.com/connect/google_docs/docs", "https://"])
def test_an_address_google_cannot_call_is_refused_with_what_to_do(url: str) -> None:
    with pytest.raises(BadRequest) as refused:
        made(url)
    assert "INLAY_PUBLIC_URL" in refused.value.instead


def test_an_address_of_another_connection_is_refused() -> None:
    with pytest.raises(BadRequest, match="not where"):
        made(name="other", addon_urls=[ADDRESS])


Inlay = Callable[..., Result]


@pytest.fixture
def inlay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Inlay:
    """Runs a command on a hub with one connection, reached at an address of its own."""
    monkeypatch.setenv("INLAY_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("INLAY_PUBLIC_URL", HUB)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hub.yaml").write_text(HUB_YAML, encoding="utf-8")

    def run(*words: str) -> Result:
        return CliRunner().invoke(main, list(words), catch_exceptions=False)

    assert run("apply", "hub.yaml").exit_code == 0
    return run


@pytest.mark.parametrize(
    "words",
    [("manifest", "docs"), ("google_docs", "manifest"), ("google_docs", "manifest", "--connection", "docs")],
)
def test_a_command_writes_the_files(inlay: Inlay, tmp_path: Path, words: tuple[str, ...]) -> None:
    said = inlay("connectors", *words, "--out", "addons")
    assert said.exit_code == 0, said.output
    written = {
        str(path.relative_to(tmp_path / "addons")) for path in (tmp_path / "addons").rglob("*") if path.is_file()
    }
    assert written == set(made())
    assert (tmp_path / "addons" / CARDS).read_text(encoding="utf-8") == made()[CARDS]


def test_without_a_folder_the_files_are_printed(inlay: Inlay) -> None:
    said = inlay("connectors", "google_docs", "manifest")
    assert "==> card-add-on.json\n" in said.output
    assert f"{ADDRESS}/cards/home" in said.output


def test_which_connection_is_asked_for_when_there_are_several_or_none(inlay: Inlay, tmp_path: Path) -> None:
    (tmp_path / "hub.yaml").write_text(
        f"{HUB_YAML}  more: {{connector: google_docs, settings: {{}}}}\n", encoding="utf-8"
    )
    assert inlay("apply", "hub.yaml").exit_code == 0
    said = inlay("connectors", "google_docs", "manifest")
    assert said.exit_code == 1
    assert "--connection docs or more" in said.output
    assert inlay("connectors", "google_docs", "manifest", "--connection", "more").exit_code == 0
    assert inlay("connectors", "manifest", "nothing").exit_code == 1


def test_a_name_that_is_no_connector_and_no_command_is_none(inlay: Inlay) -> None:
    assert inlay("connectors", "made_up", "manifest").exit_code == 2
