"""The library as people look at it: every asset as a tile, with what stands on it and who wrote that."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

from connectors.dam.sandbox_pictures import look_at
from connectors.dam.sandbox_samples import fresh
from connectors.dam.sandbox_store import PERSON, Asset, AssetStore, Change, Gone
from connectors.dam.sandbox_tile import LABELS, grid, texts
from connectors.dam.sandbox_vendor import Answer, Call, Vendor

#: Only the sandbox's own script, style and pictures are loaded, and only the sandbox is called.
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_SHOWN = ("image/png", "image/jpeg", "image/gif", "image/webp")
_ACT = re.compile(r"/assets/([^/]{1,600})/(edit|approve|reject|delete)")
_PICTURE = re.compile(r"/pictures/([^/]{1,600})/[0-9]{1,9}", re.ASCII)
_TYPE = re.compile(r"[a-z]{1,20}/[a-z0-9.+-]{1,80}", re.ASCII)


class Library:
    """The page of one sandbox: draws it, and does what a person does there."""

    def __init__(self, store: AssetStore, vendor: Vendor) -> None:
        self.store, self.vendor = store, vendor
        self._lock = threading.Lock()
        self._taken = 0
        #: Who wrote a field last, by asset and field.
        self.writers: dict[tuple[str, str], str] = {}
        store.listen(self._happened)

    def answer(self, call: Call) -> Answer:
        """The page at an address, or what a form there does."""
        if call.method in ("GET", "HEAD"):
            return self._look(call)
        if call.method != "POST":
            return _page(405, "This page is looked at, and its forms are sent.")
        if not _own(call.headers):
            return _page(403, "A form of this page was sent from another page. Nothing was done.")
        return self._do(call)

    def shown(self, asset: Asset) -> str:
        """Every text a person sees on an asset's tile, one a line."""
        found = (", ".join(texts(asset.fields.get(self.vendor.shows.get(slot, "")))) for slot in LABELS)
        return "\n".join(" ".join(text.split()) for text in found if text)

    def take(
        self, name: str, data: bytes, mime: str = "", *, fields: Mapping[str, Any] | None = None, quiet: bool = False
    ) -> Asset:
        """Add what a person dropped, under a name that is safe to show and to address."""
        name = re.sub(r"[\x00-\x1f\x7f/\\]", " ", name.replace("\\", "/").rpartition("/")[2]).strip()[:200] or "asset"
        look = look_at(data)
        mime = look.mime or (mime if _TYPE.fullmatch(mime) and mime not in _SHOWN else "application/octet-stream")
        at = {"folder": self.vendor.home, "width": look.width, "height": look.height}
        return self.store.add(name, data, mime, fields=fields, quiet=quiet, **at)

    def sample(self) -> tuple[str, bytes]:
        """Name and bytes of a picture of the campaign that is not in the library yet."""
        with self._lock:
            number, self._taken = self._taken, self._taken + 1
        return fresh(number)

    def _look(self, call: Call) -> Answer:
        if call.path == "/":
            return self._whole()
        if call.path == "/tiles":
            tag = f'"{len(self.store.history)}"'
            if call.headers.get("if-none-match") == tag:
                return Answer(304, headers={"ETag": tag})
            html = grid(self.store.every(), self.vendor.shows, self.writers)
            return Answer(200, html.encode(), {**_HTML, "ETag": tag})
        if call.path in _FILES:
            return Answer(
                200, Path(__file__).with_name(_FILES[call.path][0]).read_bytes(), {"Content-Type": _FILES[call.path][1]}
            )
        if hit := _PICTURE.fullmatch(call.path):
            return self._picture(unquote(hit[1]))
        return _page(404, "There is nothing here. The library has every asset there is.")

    def _picture(self, id: str) -> Answer:
        try:
            asset = self.store.get(id)
        except Gone:
            return _page(404, "The asset was deleted.")
        if asset.mime not in _SHOWN:
            # Whatever else was dropped is kept, and never shown by this machine's browser.
            return _page(404, "This asset is no picture.")
        return Answer(200, asset.data, {"Content-Type": asset.mime, "Cache-Control": "private, max-age=3600"})

    def _do(self, call: Call) -> Answer:
        query = dict(parse_qsl(call.query, True))
        if call.path == "/assets":
            if not call.body:
                return _page(400, "The file is empty.")
            kind = call.headers.get("content-type", "").partition(";")[0].strip().lower()
            made = self.take(query.get("name", ""), call.body, kind)
            return Answer(201, made.id.encode(), {"Content-Type": "text/plain; charset=utf-8"})
        if call.path == "/samples":
            return _back(self.take(*self.sample()).id)
        hit = _ACT.fullmatch(call.path)
        if hit is None:
            return _page(404, "There is nothing here. The library has every asset there is.")
        id = unquote(hit[1])
        try:
            match hit[2]:
                case "edit":
                    self._edit(id, dict(parse_qsl(call.body.decode("utf-8", "replace"), True)))
                case "approve":
                    self.store.approve(id)
                case "reject":
                    self.store.approve(id, status="rejected")
                case _:
                    self.store.delete(id)
                    return _back("")
        except Gone:
            return _page(404, "The asset was deleted.")
        return _back(id)

    def _edit(self, id: str, form: Mapping[str, str]) -> None:
        """Set what a person typed; what they left as it was keeps its writer."""
        asset, changes = self.store.get(id), {}
        for slot, field in self.vendor.shows.items():
            if slot not in form or slot not in LABELS:
                continue
            typed = form[slot].replace("\r\n", "\n").strip()
            value: Any = [one.strip() for one in typed.split(",") if one.strip()] if slot == "tags" else typed
            if texts(value) != texts(asset.fields.get(field)):
                changes[field] = value or None
        if changes:
            self.store.change(id, changes, by=PERSON)

    def _happened(self, change: Change) -> None:
        if change.kind == "metadata":
            self.writers.update({(change.asset.id, field): change.by for field in change.before})
        elif change.kind == "deleted":
            for key in [one for one in self.writers if one[0] == change.asset.id]:
                del self.writers[key]

    def _whole(self) -> Answer:
        tiles = grid(self.store.every(), self.vendor.shows, self.writers)
        html = (
            '<!doctype html><html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            '<meta name="color-scheme" content="light dark"><title>Library · Sommerlicht</title>'
            '<link rel="icon" href="/icon"><link rel="stylesheet" href="/style">'
            '<script src="/script" defer></script></head><body>'
            "<header><strong>Sommerlicht</strong><span>Sandbox library. This is not a real DAM.</span></header>"
            '<main><div class="top"><h1>Summer campaign</h1><p id="count"></p></div><div class="drop">'
            '<p><label for="file">Drop a picture anywhere on this page, or choose one</label>'
            '<input type="file" id="file" accept="image/*" multiple></p>'
            '<form method="post" action="/samples"><button class="quiet">Add one of ours</button></form></div>'
            f'<p id="said" role="status" aria-live="polite"></p>{tiles}</main></body></html>'
        )
        return Answer(200, html.encode(), {**_HTML, "Content-Security-Policy": POLICY})


_FILES = {
    "/style": ("sandbox_page.css", "text/css; charset=utf-8"),
    "/icon": ("sandbox_page.svg", "image/svg+xml"),
    "/script": ("sandbox_page.js", "text/javascript; charset=utf-8"),
}
_HTML = {"Content-Type": "text/html; charset=utf-8"}


def _own(headers: Mapping[str, str]) -> bool:
    """Whether a form was sent from the sandbox's own page. Every browser says where from."""
    return (
        headers.get("origin") == f"http://{headers.get('host')}"
        and headers.get("sec-fetch-site", "same-origin") == "same-origin"
    )


def _back(id: str) -> Answer:
    return Answer(303, headers={"Location": f"/#asset-{quote(id, safe='')}" if id else "/"})


def _page(status: int, text: str) -> Answer:
    html = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Sommerlicht</title>'
        '<link rel="icon" href="/icon"><link rel="stylesheet" href="/style"></head><body><main>'
        f'<h1>Library</h1><p>{escape(text)} <a href="/">Back to it</a></p></main></body></html>'
    )
    return Answer(status, html.encode(), {**_HTML, "Content-Security-Policy": POLICY})
