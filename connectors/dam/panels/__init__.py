"""The Adobe panels: which there are, and the packages an admin loads into Adobe's programs, with this hub in them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from importlib import resources
from urllib.parse import urlsplit

from connectors.dam.settings import DamSettings
from hub.sdk import Connection, Panel

#: Where Express ends a sign-in. Adobe moves from the one host to the other and asks that both be allowed
#: (developer.adobe.com/express/add-ons/docs/guides/learn/how_to/oauth2).
REDIRECTS = (
    "https://express.adobe.com/static/oauth-redirect.html",
    "https://new.express.adobe.com/static/oauth-redirect.html",
)
#: Folder of a package to its own files; ``panel.js`` and the rest of ``panels/`` go into every one.
PACKAGES: Mapping[str, Mapping[str, str]] = {
    "express": {
        "manifest.json": "express/manifest.json",
        "index.html": "express/index.html",
        "express.js": "express/express.js",
        "code.js": "express/code.js",
    },
    "photoshop": {
        "manifest.json": "uxp/photoshop.json",
        "index.html": "uxp/index.html",
        "photoshop.js": "uxp/photoshop.js",
        "uxp.js": "uxp/uxp.js",
        "uxp.css": "uxp/uxp.css",
    },
    "indesign": {
        "manifest.json": "uxp/indesign.json",
        "index.html": "uxp/index.html",
        "indesign.js": "uxp/indesign.js",
        "uxp.js": "uxp/uxp.js",
        "uxp.css": "uxp/uxp.css",
    },
}
_SHARED = ("calls.js", "panel.js", "form.js", "view.js", "panel.css")
_ID = re.compile(r"[^a-z0-9]+")


def panels(connection: Connection) -> tuple[Panel, ...]:
    """Express is redirected to. UXP opens no window it could read, so that its people type a code; Illustrator has no
    documented UXP and no panel."""
    settings: DamSettings = connection.settings
    return (
        Panel(id="express", title="Adobe Express", redirects=REDIRECTS, origins=settings.panel_origins),
        Panel(id="photoshop", title="Adobe Photoshop"),
        Panel(id="indesign", title="Adobe InDesign"),
    )


def packages(connection: Connection, url: str) -> Mapping[str, str]:
    """Every file of every panel, by its path, such as ``panels/express/manifest.json``.

    Args:
        url: where the hub serves this connection's pages, ending in ``/connect/dam/<connection>``.
    """
    parts = urlsplit(url)
    if parts.hostname is None or (parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost")):
        return {"panels/NOT-MADE.txt": _NOT_MADE % url}
    host = parts.netloc.lower()
    here = {"ID": _ID.sub("-", f"{host}-{connection.name}".lower()).strip("-"), "HOST": host}
    here |= {"ORIGIN": f"{parts.scheme}://{host}", "SCHEME": parts.scheme}
    found: dict[str, str] = {}
    for package, files in PACKAGES.items():
        folder = f"panels/{package}/"
        found[f"{folder}config.js"] = _CONFIG % (json.dumps(url), json.dumps(package))
        for name in _SHARED:
            found[folder + name] = _source(name)
        for name, source in files.items():
            text = _source(source)
            for word, value in {**here, "PROGRAM": package}.items():
                text = text.replace(f"@{word}@", value)
            found[folder + name] = text
    return found


_NOT_MADE = """\
The panels were not made. Adobe's programs call https addresses, and this hub's is %s.
Set INLAY_PUBLIC_URL to the address people reach the hub at, and make the files again.
"""
_CONFIG = """\
// Made by `inlay connectors manifest`: where this panel calls, and which panel it is.
globalThis.INLAY = { url: %s, client: %s };
"""


def _source(path: str) -> str:
    return (resources.files("connectors.dam") / "panels" / path).read_text(encoding="utf-8")
