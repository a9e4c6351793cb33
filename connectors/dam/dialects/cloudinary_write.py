"""Writes an asset's tags, structured metadata and context, each by its own call of the Upload API, which has no limit.

Each call changes what it names and nothing beside it, so that what a person saves at the same moment stays. Inlay's own
note stands in context, which is written last: where it stands, everything else was written before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connectors.dam.asset import Asset, Value
from connectors.dam.dialects import cloudinary_calls as calls
from connectors.dam.dialects import cloudinary_pairs as pairs
from connectors.dam.dialects.cloudinary_events import HANDLE
from hub.sdk import Conflict, Connection, Json, VendorRefused

_LONGEST = 1024


def write(connection: Connection, asset: Asset, changes: Mapping[str, Value]) -> None:
    """See ``Dialect.write``.

    Raises:
        Conflict: the asset has another public id by now; what was written before stands, and is written again.
        VendorRefused: a value is longer than context holds, or a field is none of Cloudinary's.
    """
    context: dict[str, Value] = {}
    metadata: dict[str, Value] = {}
    for field, value in changes.items():
        family, key = pairs.family(field)
        if not family:
            raise VendorRefused(f"{field[:60]!r} is no field of Cloudinary.", who="an admin")
        if family == "context":
            context[key] = value if isinstance(value, str) else ", ".join(value)
        elif family == "metadata":
            metadata[key] = value
    if long := [key for key, value in context.items() if len(value) > _LONGEST]:
        raise VendorRefused(
            f"The value of {long[0][:60]} is longer than Cloudinary's context holds.",
            why=f"A value there has at most {_LONGEST:,} characters.",
            instead="Give the slot a structured metadata field in the connection's settings: metadata:<external id>.",
            who="an admin",
        )
    if "tags" in changes:
        _tags(connection, asset, changes["tags"])
    if metadata:
        # An empty value clears a field of structured metadata.
        _post(connection, asset, "metadata", [("metadata", pairs.encode(metadata, escaped='|="'))])
    if gone := [key for key, value in context.items() if not value]:
        _remove(connection, asset, gone)
    if some := {key: value for key, value in context.items() if value}:
        _post(connection, asset, "context", [("command", "add"), ("context", pairs.encode(some))])


def _tags(connection: Connection, asset: Asset, wanted: Value) -> None:
    """Only the difference goes out, so that a tag a person adds meanwhile stays."""
    there, want = _list(asset.fields.get("tags", ())), _list(wanted)
    added = [tag for tag in want if tag not in there]
    removed = [tag for tag in there if tag not in want]
    for command, tags in (("add", added), ("remove", removed)):
        if tags:
            _post(connection, asset, "tags", [("command", command), ("tag", ",".join(tags))])


def _remove(connection: Connection, asset: Asset, keys: Sequence[str]) -> None:
    """Context has no command that removes one key, and takes no empty value: the others are read and set, all of them.
    An update by asset id replaces the whole context."""
    answer = calls.admin(connection, "GET", f"resources/{asset.id}")
    found = answer.get("context")
    custom = found.get("custom") if isinstance(found, dict) else {}
    there: dict[str, str] = custom if isinstance(custom, dict) else {}
    left: Json = {key: str(value) for key, value in there.items() if key not in keys}
    if len(left) == len(there):
        return
    if any(pairs.plain(text) != text for pair in left.items() for text in pair):
        raise VendorRefused(
            "Another value of the asset's context holds a backslash, which would not survive.",
            why="To remove one key, Cloudinary wants all the others written anew.",
            instead=f"Remove {', '.join(keys)} in Cloudinary by hand.",
            who="the person who asked",
        )
    if left:
        calls.admin(connection, "PUT", f"resources/{asset.id}", form=[("context", pairs.encode(left))])
    else:
        _post(connection, asset, "context", [("command", "remove_all")])


def _post(connection: Connection, asset: Asset, action: str, form: Sequence[tuple[str, str]]) -> None:
    hit = HANDLE.fullmatch(asset.handle)
    if hit is None:
        raise VendorRefused("This asset has no address Inlay can write to.", who="an admin")
    kind, type, public_id = hit.groups()
    sent = [("public_ids[]", public_id), ("type", type), *form]
    answer = calls.admin(connection, "POST", f"{kind}/{action}", form=sent)
    # Of public ids nobody has, the answer is silent.
    done = answer.get("public_ids")
    if not isinstance(done, list) or public_id not in done:
        raise Conflict("The asset was renamed or deleted while Inlay worked on it.")


def _list(value: Value) -> list[str]:
    some = value.split(",") if isinstance(value, str) else value
    return list(dict.fromkeys(one.strip() for one in some if one.strip()))
