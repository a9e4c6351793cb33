"""Record ids, field and object names: checked by their form before they become part of an address or a query."""

from __future__ import annotations

import re

from hub.sdk import BadRequest

#: The prefixes of ids are the same in every org for Salesforce's own objects; those of custom objects differ.
PREFIXES = {
    "Account": "001",
    "Campaign": "701",
    "Contact": "003",
    "Lead": "00Q",
    "Opportunity": "006",
    "Organization": "00D",
    "Task": "00T",
    "User": "005",
}
_ID = re.compile(r"[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?", re.ASCII)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}", re.ASCII)
_PATH = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}(?:\.[A-Za-z][A-Za-z0-9_]{0,79}){0,5}", re.ASCII)
#: A value of an external id field as it stands in an address. A dot in it can be read as a file's ending there
#: (api_rest, resources_sobject_upsert_patch), so it has none.
_KEY = re.compile(r"[0-9A-Za-z_-]{1,255}", re.ASCII)
_SUFFIX = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def record_id(value: object, prefix: str = "") -> str:
    """The id in its 18-character form. Whoever wrote it in small letters has it read right all the same.

    Raises:
        BadRequest: it is no id, or not one of the object with this prefix. The value is not repeated.
    """
    whole = _whole(value) if isinstance(value, str) else None
    if whole is None:
        raise BadRequest(
            "This is no Salesforce record id.",
            why="A record id has 15 or 18 letters and digits.",
            instead="Copy it from the record's address, or paste the whole address.",
        )
    if prefix and not whole.startswith(prefix):
        raise BadRequest(
            "This record id belongs to another kind of record.",
            why=f"The ids of the records meant begin with {prefix}.",
            instead="Copy the id from the record itself.",
        )
    return whole


def object_name(value: object) -> str:
    """An object's API name, such as AI_Output__c.

    Raises:
        BadRequest: it is none.
    """
    return _checked(value, _NAME, "object")


def field_name(value: object) -> str:
    """A field's API name, such as Hub_Key__c.

    Raises:
        BadRequest: it is none.
    """
    return _checked(value, _NAME, "field")


def field_path(value: object) -> str:
    """A field as a query names it: its own, or one of a record it refers to, such as Campaign__r.Name.

    Raises:
        BadRequest: it is none.
    """
    return _checked(value, _PATH, "field")


def external_key(value: object) -> str:
    """A value of an external id field that can stand in an address.

    Raises:
        BadRequest: it holds other characters than letters, digits, hyphens and underscores.
    """
    if isinstance(value, str) and _KEY.fullmatch(value):
        return value
    raise BadRequest(
        "This key cannot stand for a Salesforce record.",
        why="A key has letters, digits, hyphens and underscores.",
        who="an admin",
    )


def external_value(value: object) -> str:
    """A value of an external id field that stands in a body, where any text may.

    Raises:
        BadRequest: it is no text, is empty, or is longer than such a field.
    """
    if isinstance(value, str) and 0 < len(value) <= 255:
        return value
    raise BadRequest(
        "A record for Salesforce has no key.", why="A key is a text of 1 to 255 characters.", who="an admin"
    )


def _checked(value: object, form: re.Pattern[str], what: str) -> str:
    if isinstance(value, str) and form.fullmatch(value):
        return value
    raise BadRequest(
        f"This is no name of a Salesforce {what}.",
        why="An API name has letters, digits and underscores and begins with a letter.",
        instead="Copy the API name from Salesforce: Setup, Object Manager, the object, Fields & Relationships.",
        who="an admin",
    )


def _whole(value: str) -> str | None:
    """The three letters an 18-character id ends in tell which of the 15 before them are capitals, five by five."""
    if not _ID.fullmatch(value):
        return None
    short, guard = value[:15], value[15:].upper()
    if guard and short in (short.lower(), short.upper()):
        # Passed through something that knows no case, as some spreadsheets and databases do.
        bits = [_SUFFIX.find(one) for one in guard]
        if -1 in bits:
            return None
        capitals = (bits[place // 5] >> place % 5 & 1 for place in range(15))
        short = "".join(one.upper() if big else one.lower() for one, big in zip(short, capitals, strict=True))
    return short + _suffix(short) if guard in ("", _suffix(short)) else None


def _suffix(short: str) -> str:
    groups = (short[start : start + 5] for start in (0, 5, 10))
    return "".join(_SUFFIX[sum("A" <= one <= "Z" and 1 << at for at, one in enumerate(group))] for group in groups)
