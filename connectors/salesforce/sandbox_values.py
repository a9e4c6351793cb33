"""What a field takes: the value as it is stored, or the refusal Salesforce words for it."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime
from typing import Any

from connectors.salesforce.sandbox_errors import ApiError, bad_write
from connectors.salesforce.sandbox_ids import whole
from connectors.salesforce.sandbox_schema import NUMBERS, Field

EMAIL = re.compile(r"[^@\s<>()\[\],;:\\\"]+@[^@\s<>()\[\],;:\\\"]+\.[A-Za-z]{2,}")
#: The years a date and time may lie in.
YEARS = range(1700, 4001)
TEXTS = ("string", "textarea", "picklist", "email", "phone", "url")


def moment(at: float) -> str:
    """Unix seconds as the API writes a date and time. Salesforce keeps whole seconds."""
    return datetime.fromtimestamp(math.floor(at), UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def seconds(stamp: str) -> float:
    """Unix seconds of a stored date and time."""
    return datetime.fromisoformat(stamp).timestamp()


def width(text: str) -> int:
    """How many characters Salesforce counts: it is written in Java, where an emoji counts twice."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def accept(field: Field, value: Any) -> Any:
    """The value as stored.

    Raises:
        ApiError: the field takes no such value (400).
    """
    if value is None:
        return False if field.type == "boolean" else None
    if field.type in TEXTS:
        return _text(field, value)
    if field.type in ("reference", "id"):
        return _id(field, value)
    if field.type == "boolean":
        if isinstance(value, bool):
            return value
    elif field.type in NUMBERS:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return _number(field, value)
    elif field.type == "date" and isinstance(value, str):
        # The time of a full date and time is dropped.
        return _date(value) or _refuse(field, value)
    elif field.type == "datetime" and isinstance(value, str):
        return datetime_of(value) or _refuse(field, value)
    return _refuse(field, value)


def datetime_of(text: str) -> str | None:
    """A date and time as stored, from any ISO 8601 form with a zone; None when it is none."""
    try:
        # Python reads a date alone, and a time without a zone, too; Salesforce does not.
        read = datetime.fromisoformat(text) if "T" in text.upper() else None
        fits = read is not None and read.tzinfo is not None and read.year in YEARS
        return moment(read.timestamp()) if read is not None and fits else None
    except (ValueError, OverflowError):
        return None


def _date(text: str) -> str | None:
    try:
        return date.fromisoformat(text[:10]).isoformat() if re.fullmatch(r"\d{4}-\d\d-\d\d(T.*)?", text) else None
    except ValueError:
        return None


def _text(field: Field, value: Any) -> str | None:
    if not isinstance(value, str):
        return _refuse(field, value)
    # White space around a text is not kept, and a text of nothing else is no text.
    value = value.strip()
    if not value:
        return None
    if field.type == "picklist" and field.restricted and value not in field.values:
        code = "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
        raise bad_write(code, f"{field.shown}: bad value for restricted picklist field: {value}", field.name)
    if field.type == "email" and not EMAIL.fullmatch(value):
        raise bad_write("INVALID_EMAIL_ADDRESS", f"{field.shown}: invalid email address: {value}", field.name)
    if width(value) > field.length:
        said = f"{field.shown}: data value too large: {value} (max length={field.length})"
        raise bad_write("STRING_TOO_LONG", said, field.name)
    return value


def _id(field: Field, value: Any) -> str | None:
    if not isinstance(value, str):
        return _refuse(field, value)
    if not value:
        return None
    found = whole(value)
    if found is None:
        raise bad_write("MALFORMED_ID", f"{field.shown}: id value of incorrect type: {value}", field.name)
    return found


def _number(field: Field, value: int | float) -> int | float:
    # Compared before anything is made of it: an integer of a thousand digits is no float.
    if not abs(value) < 10**16:
        raise bad_write("NUMBER_OUTSIDE_VALID_RANGE", f"{field.shown}: value outside of valid range", field.name)
    if field.type == "int":
        if value != int(value):
            return _refuse(field, value)
        return int(value)
    return float(value)


def _refuse(field: Field, value: Any) -> Any:
    kinds = {
        bool: "VALUE_TRUE" if value is True else "VALUE_FALSE",
        int: "VALUE_NUMBER_INT",
        float: "VALUE_NUMBER_FLOAT",
    }
    kind = {**kinds, str: "VALUE_STRING", list: "START_ARRAY", dict: "START_OBJECT"}.get(type(value), "VALUE")
    said = f"Cannot deserialize instance of {field.type} from {kind} value {value}"
    raise ApiError(400, "JSON_PARSER_ERROR", f"{said} or request may be missing a required field at [line:1, column:1]")
