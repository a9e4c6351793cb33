"""What the sandbox refuses with: a code, a text and the fields concerned, in the forms Salesforce gives them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class ApiError(Exception):
    """A refusal. ``fields`` is left out of the answer when it is None, as it is for everything but writes."""

    def __init__(self, status: int, code: str, message: str, fields: Sequence[str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.fields = None if fields is None else list(fields)

    def body(self) -> list[dict[str, Any]]:
        """The answer to a call: a list, with ``errorCode``."""
        one: dict[str, Any] = {"message": self.message, "errorCode": self.code}
        if self.fields is not None:
            one["fields"] = self.fields
        return [one]

    def result(self) -> dict[str, Any]:
        """One record's place in a collection's answer, where the code is called ``statusCode``."""
        one = {"statusCode": self.code, "message": self.message, "fields": self.fields or []}
        return {"success": False, "errors": [one]}


def not_found(message: str = "The requested resource does not exist") -> ApiError:
    return ApiError(404, "NOT_FOUND", message)


def no_column(type: str, field: str) -> ApiError:
    """A write names a field there is not."""
    return ApiError(400, "INVALID_FIELD", f"No such column '{field}' on sobject of type {type}")


def bad_write(code: str, message: str, *fields: str, status: int = 400) -> ApiError:
    return ApiError(status, code, message, fields)
