"""What a preset does at its vendor: reads assets, writes fields, lists what changed, and tries whether that works."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from connectors.dam import picture as pictures
from connectors.dam.asset import Asset, Page, Value
from connectors.dam.dialects import pointer
from connectors.dam.dialects.preset import Preset
from connectors.dam.dialects.preset_asset import asset_of
from connectors.dam.dialects.preset_calls import CREDENTIALS, TOKEN, call, fill, host_of, proven
from connectors.dam.settings import DamSettings
from hub.sdk import (
    Conflict,
    Connection,
    InlayError,
    Picture,
    Probe,
    Reply,
    TargetGone,
    Unavailable,
    VendorRefused,
    clean_json,
)

#: A listing is read to its end; this many pages are more than any window holds.
_PAGES = 1_000


def fetch(preset: Preset, connection: Connection, id: str) -> Asset | None:
    """The asset as it stands, None where it is gone."""
    read = _read(preset, connection, id)
    return None if read is None else asset_of(preset, connection.settings, *read, id=id)


def write(preset: Preset, connection: Connection, asset: Asset, changes: Mapping[str, Value]) -> None:
    """One call that sets these fields, if the asset is still as it was read."""
    form = preset.write
    if form is None:
        raise VendorRefused(
            f"Inlay cannot write to {preset.title}.", why=_limits(preset), instead="Write the text by hand.", who="you"
        )
    if refused := sorted(set(changes) & preset.never):
        raise VendorRefused(f"Inlay never writes {refused[0]}.", who="an admin")
    settings: DamSettings = connection.settings
    etag = asset.etag if form.precondition == "etag" else ""
    taken: dict[str, str] = {}
    if form.take or (form.precondition != "none" and not etag):
        taken = _read_again(preset, connection, asset, changes, compare=form.precondition != "none")
    headers = {**form.headers, **({"if-match": etag} if etag else {})}
    content, kind = _content(preset, asset.id, changes, taken)
    url = fill(form.url, settings, {**taken, "id": asset.id, "fields": ",".join(changes)})
    call(preset, connection, form.method, url, {**headers, "content-type": kind}, content)


def changed(preset: Preset, connection: Connection, since: float, cursor: Mapping[str, object]) -> Page:
    """A page of what the listing tells of, the oldest change first; nothing where there is no listing."""
    if preset.list is None:
        return Page()
    assets, after = _page(preset, connection, since, None, cursor)
    return Page(
        assets=tuple(sorted(assets, key=lambda one: one.modified_at or 0.0)), cursor=after or {}, more=after is not None
    )


def created(preset: Preset, connection: Connection, since: float, until: float) -> tuple[str, ...]:
    """The ids of the assets made in the window.

    Raises:
        VendorRefused: the preset has no listing.
    """
    if preset.list is None:
        raise VendorRefused(
            f"{preset.title} has no listing Inlay can count.",
            instead="Enter the number of assets by hand.",
            who="an admin",
        )
    found: dict[str, None] = {}
    cursor: Mapping[str, object] | None = {}
    for _ in range(_PAGES):
        assets, cursor = _page(preset, connection, since, until, cursor or {})
        found.update({one.id: None for one in assets if one.created_at and since <= one.created_at < until})
        if cursor is None:
            break
    return tuple(found)


def picture(preset: Preset, connection: Connection, asset: Asset) -> Picture | None:
    """A rendition, or its address where everybody may fetch it and the settings want addresses."""
    form, settings = preset.picture, connection.settings
    if form is None:
        return None
    if form.url:
        url, headers = fill(form.url, settings, {"id": asset.id}), proven(preset, connection)
    else:
        # The address is fetched anew: one that is signed soon expires. It needs no other proof, and gets none.
        read = _read(preset, connection, asset.id)
        url, headers = pointer.first(read[0], form.pointer) if read else None, {}
        allowed = {host_of(f"https://{host}", settings) for host in form.hosts} - {""}
        if not isinstance(url, str) or not url or not allowed:
            return None
        if urlsplit(url).scheme != "https" or urlsplit(url).netloc.lower() not in allowed:
            raise VendorRefused(
                "The picture lies on a host this connection does not call.",
                instead="Name the host in delivery_host, if it is the vendor's.",
                who="an admin",
            )
    if form.public and settings.send_pictures == "address" and not urlsplit(url).query:
        return Picture(media_type=asset.mime or "image/jpeg", url=url)
    return pictures.fetch(connection, url, headers)


def probes(preset: Preset, connection: Connection) -> list[Probe]:
    """``preset`` says how far it is verified; ``account`` tries a call that changes nothing, where there is one."""
    found = [_known(preset)]
    settings: DamSettings = connection.settings
    try:
        if preset.probe is not None:
            call(preset, connection, "GET", fill(preset.probe.url, settings, {}), preset.probe.headers)
        elif preset.list is not None:
            _page(preset, connection, time.time(), None, {})
        elif preset.auth.token_url and settings.client_id:
            proven(preset, connection)
        else:
            return found
    except InlayError as error:
        fix = error.instead or CREDENTIALS
        return [*found, Probe(id="account", ok=False, what=error.what, fix=fix, who="an admin")]
    return [*found, Probe(id="account", ok=True, what="Inlay's account is let in")]


def _known(preset: Preset) -> Probe:
    made = "checked against" if preset.verified else "an unverified preset, made from"
    return Probe(id="preset", ok=True, what=f"{preset.title}: {made} {preset.source}. {_limits(preset)}".strip())


def _read(preset: Preset, connection: Connection, id: str) -> tuple[Any, str] | None:
    """The asset's document and ETag, None where it is gone."""
    if preset.fetch is None:
        raise VendorRefused(f"Inlay cannot read from {preset.title}.", why=_limits(preset), who="an admin")
    assert preset.asset is not None
    try:
        url = fill(preset.fetch.url, connection.settings, {"id": id})
        reply = call(preset, connection, "GET", url, preset.fetch.headers)
    except TargetGone:
        return None
    found = pointer.get(clean_json(_json(reply)), preset.asset.base)
    if not isinstance(found, dict):
        raise VendorRefused(f"{preset.title} answers something that is no asset.", why=_limits(preset), who="an admin")
    return found, reply.headers.get("etag", "") if preset.asset.etag else ""


def _read_again(
    preset: Preset, connection: Connection, asset: Asset, changes: Mapping[str, Value], *, compare: bool
) -> dict[str, str]:
    """What the address and the body of a write need of the asset.

    Raises:
        Conflict: it is not as it was read. TargetGone: it is gone.
    """
    read = _read(preset, connection, asset.id)
    if read is None:
        raise TargetGone("The asset is gone from the DAM, or Inlay's account may not see it.")
    now = asset_of(preset, connection.settings, *read, id=asset.id, also=tuple(changes))
    moved = [name for name in changes if now.fields.get(name) != asset.fields.get(name)]
    if compare and (moved or now.version != asset.version):
        raise Conflict("The asset was changed while Inlay worked on it.")
    assert preset.write is not None
    taken = {name: pointer.get(read[0], at) for name, at in preset.write.take.items()}
    if missing := [name for name, value in taken.items() if not isinstance(value, str | int) or value == ""]:
        raise VendorRefused(f"{preset.title} does not say the {missing[0]} of the asset.", who="an admin")
    return {name: str(value) for name, value in taken.items()}


def _content(preset: Preset, id: str, changes: Mapping[str, Value], taken: Mapping[str, str]) -> tuple[bytes, str]:
    """The body of a write, and what it is."""
    form = preset.write
    assert form is not None
    values = {name: _value(preset, value) for name, value in changes.items()}
    body = _filled(form.start, {**taken, "id": id})
    if form.body == "form":
        pairs = {name: "" if value is None else value for name, value in values.items()}
        return urlencode({**body, **pairs}, doseq=True).encode(), "application/x-www-form-urlencoded"
    if form.body == "json_patch":
        at = {name: form.at.replace("{field}", pointer.escaped(name)) for name in values}
        steps = [
            {"op": "add", "path": at[name], "value": value} if value else {"op": "remove", "path": at[name]}
            for name, value in values.items()
        ]
        return json.dumps(steps).encode(), "application/json-patch+json"
    if form.entry:
        pointer.put(
            body,
            pointer.parts(form.into),
            [_filled(form.entry, {"field": name, "value": value}) for name, value in values.items()],
        )
    for name, value in values.items() if form.at else ():
        pointer.put(body, pointer.parts(form.at.replace("{field}", pointer.escaped(name))), value)
    return json.dumps(body).encode(), "application/json"


def _filled(template: Any, values: Mapping[str, Any]) -> Any:
    """The template with each string that is nothing but a token replaced. What replaces it is never parsed."""
    if isinstance(template, str):
        return values.get(template[1:-1], template) if TOKEN.fullmatch(template) else template
    if isinstance(template, Mapping):
        return {key: _filled(value, values) for key, value in template.items()}
    return [_filled(value, values) for value in template] if isinstance(template, list | tuple) else template


def _value(preset: Preset, value: Value) -> str | list[str] | None:
    form = preset.write
    assert form is not None
    if not value:
        return {"null": None, "text": "", "list": []}[form.empty]
    if isinstance(value, str):
        return [value] if form.texts == "list" else value
    return form.join.join(value) if form.lists == "join" else list(value)


def _page(
    preset: Preset, connection: Connection, since: float, until: float | None, cursor: Mapping[str, object]
) -> tuple[list[Asset], dict[str, Any] | None]:
    """The assets of one page, and where the next one begins, None after the last."""
    form, settings = preset.list, connection.settings
    assert form is not None
    offset = cursor.get("offset")
    offset = offset if isinstance(offset, int) else 0
    values = {
        "since": _time(since, form.times),
        "until": "" if until is None else _time(until, form.times),
        "cursor": str(cursor.get("next") or ""),
        "offset": str(offset),
        "size": str(form.size),
    }
    found = clean_json(_json(call(preset, connection, "GET", fill(form.url, settings, values), form.headers)))
    items = pointer.get(found, form.items)
    if not isinstance(items, list):
        raise VendorRefused(f"{preset.title} answers something that is no list.", why=_limits(preset), who="an admin")
    assert preset.asset is not None
    told = [pointer.get(item, form.item) for item in items]
    assets = [asset_of(preset, settings, one, "", id="") for one in told if isinstance(one, dict)]
    after: dict[str, Any] | None = None
    if form.next:
        following = pointer.first(found, form.next)
        after = {"next": str(following)} if following and str(following) != values["cursor"] else None
    elif "{offset}" in form.url and len(items) >= form.size:
        after = {"offset": offset + len(items)}
    return [one for one in assets if one.id], after


def _time(at: float, form: str) -> str:
    if form == "iso":
        return datetime.fromtimestamp(max(at, 0.0), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return str(int(at * (1000 if form == "ms" else 1)))


def _json(reply: Reply) -> Any:
    try:
        return reply.json()
    except RecursionError:
        raise Unavailable("The vendor answered with JSON nobody can read.") from None


def _limits(preset: Preset) -> str:
    return " ".join(preset.limits)
