"""The files an admin gives to Google to deploy the two add-ons, made from a connection's settings.

``card-add-on.json`` is the deployment of the HTTP add-on
(developers.google.com/workspace/add-ons/guides/alternate-runtimes); ``sidebar/`` is an Apps Script project, whole.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Any
from urllib.parse import urlsplit

from connectors.google_docs.settings import GoogleDocsSettings
from hub.sdk import BadRequest, Connection

#: What the card add-on may do, and why. ``drive.file`` reaches the documents a person has allowed, one by one.
CARD_SCOPES = {
    "https://www.googleapis.com/auth/drive.file": "read and write the documents a person allows, one by one",
    "https://www.googleapis.com/auth/userinfo.email": "know who clicks: Inlay knows people by e-mail address",
    "openid": "have Google sign who clicks",
}
#: What the sidebar's script may do, and why.
SIDEBAR_SCOPES = {
    "https://www.googleapis.com/auth/documents.currentonly": "read and write the document it is opened in, no other",
    "https://www.googleapis.com/auth/script.container.ui": "show the sidebar and the menu",
    "https://www.googleapis.com/auth/script.external_request": "call this hub, and only this hub (urlFetchWhitelist)",
    "https://www.googleapis.com/auth/userinfo.email": "know who clicks: Inlay knows people by e-mail address",
    "openid": "have Google sign who clicks",
}
CARDS, SIDEBAR = "card-add-on.json", "sidebar/"
_OURS = ("appsscript.json", "Config.gs")
# The client id of a script's project stands nowhere else than in its tokens
# (developers.google.com/apps-script/guides/services/cloud-run reads it in this way, too).
_CONFIG = """\
// Made by `inlay connectors google_docs manifest`: where the sidebar calls.
var HUB_URL = %s;
var CONNECTION = %s;

/** For the admin, once: choose it in the editor and press Run. The log then shows what goes into addon_client_ids. */
function logClientId() {
  var claims = ScriptApp.getIdentityToken().split(".")[1];
  Logger.log(JSON.parse(Utilities.newBlob(Utilities.base64DecodeWebSafe(claims)).getDataAsString()).aud);
}
"""


def manifests(connection: Connection, url: str) -> Mapping[str, str]:
    """Name to content. ``url`` is where the hub believes Google reaches it; ``addon_urls`` knows better, if set.

    Raises:
        BadRequest: Google could not call this address.
    """
    settings: GoogleDocsSettings = connection.settings
    root = next(iter(settings.addon_urls), url).rstrip("/")
    here = f"/connect/google_docs/{connection.name}"
    parts = urlsplit(root)
    if parts.scheme != "https" or not parts.hostname:
        raise BadRequest(
            "The add-ons cannot be deployed at this hub's address.",
            why=f"Google calls https addresses on the internet, and this is {root}.",
            instead="Set INLAY_PUBLIC_URL to the address the internet reaches the hub at, or name it in addon_urls.",
            who="an admin",
        )
    if not root.endswith(here):
        raise BadRequest(
            "The address in addon_urls is not where this connection's pages are.",
            why=f"It does not end in {here}.",
            instead=f"Write the hub's address followed by {here}.",
            who="an admin",
        )
    hub = root.removesuffix(here)
    return {
        CARDS: _json(_cards(root, hub)),
        f"{SIDEBAR}appsscript.json": _json(_script(root)),
        f"{SIDEBAR}Config.gs": _CONFIG % (json.dumps(hub), json.dumps(connection.name)),
        **{SIDEBAR + name: text for name, text in _sources()},
    }


def _cards(root: str, hub: str) -> dict[str, Any]:
    return {
        "oauthScopes": list(CARD_SCOPES),
        "addOns": {
            # Google shows PNG, not SVG.
            "common": {"name": "Inlay", "logoUrl": f"{hub}/static/mark.png"},
            "docs": {
                "homepageTrigger": {"runFunction": f"{root}/cards/home"},
                "onFileScopeGrantedTrigger": {"runFunction": f"{root}/cards/file-scope-granted"},
            },
            "httpOptions": {"granularOauthPermissionSupport": "OPT_IN", "authorizationHeader": "SYSTEM_ID_TOKEN"},
        },
    }


def _script(root: str) -> dict[str, Any]:
    return {
        "timeZone": "Etc/UTC",
        "exceptionLogging": "STACKDRIVER",
        "runtimeVersion": "V8",
        "oauthScopes": list(SIDEBAR_SCOPES),
        "urlFetchWhitelist": [f"{root}/"],
    }


def _sources() -> Iterator[tuple[str, str]]:
    """The sidebar's own files, as they ship."""
    folder = resources.files("connectors.google_docs") / "addon"
    if folder.is_dir():
        for file in sorted(folder.iterdir(), key=lambda file: file.name):
            if file.name.endswith((".gs", ".html")) and file.name not in _OURS:
                yield file.name, file.read_text(encoding="utf-8")


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
