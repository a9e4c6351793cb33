"""What an answer of the sandbox is made from: its parts, the call, and the answer."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.salesforce.sandbox_accounts import Accounts, User
from connectors.salesforce.sandbox_errors import ApiError
from connectors.salesforce.sandbox_faults import Faults, Journal
from connectors.salesforce.sandbox_outbound import Outbound
from connectors.salesforce.sandbox_store import Manner, Store

#: The versions an org answers to. 31 to 40 are deprecated, and old enough to behave differently.
VERSIONS = tuple(range(31, 69))


@dataclass(slots=True)
class Parts:
    """Everything a request handler works with."""

    store: Store
    accounts: Accounts
    faults: Faults
    journal: Journal
    outbound: Outbound
    #: The user a person at the page is.
    person: str = ""
    #: How many rows a query answers at once, whatever the caller wishes; None leaves it to the caller.
    batch: int | None = None
    url: str = ""
    stopping: threading.Event = field(default_factory=threading.Event)
    cursors: dict[str, tuple[str, list[dict[str, Any]]]] = field(default_factory=dict)
    numbers: itertools.count[int] = field(default_factory=itertools.count)


@dataclass(slots=True)
class Call:
    """A call to the REST API: what is asked for, by whom."""

    operation: str
    version: str
    user: User
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    type: str | None = None
    record: str | None = None
    key: str | None = None
    #: How many records it wrote.
    committed: int = 0

    def manner(self, parts: Parts) -> Manner:
        """How it writes."""
        told = (self.headers.get("Sforce-Duplicate-Rule-Header") or "").replace(" ", "").lower()
        return Manner(self.user, self.operation, "allowsave=true" in told.split(";"), parts.faults.of_record)

    def fields(self) -> dict[str, Any]:
        """The body as a record's fields.

        Raises:
            ApiError: it is no JSON object (400).
        """
        if not isinstance(self.body, dict):
            raise ApiError(400, "JSON_PARSER_ERROR", "The HTTP entity body is required, but this request has none.")
        return {name: value for name, value in self.body.items() if name != "attributes"}


@dataclass(frozen=True, slots=True)
class Answer:
    """``body`` is sent as JSON; None sends nothing."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
