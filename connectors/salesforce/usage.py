"""How much of the org's daily allowance of API calls is used, and the stop before the share Inlay leaves to others."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping

from connectors.salesforce.refusals import QUARTER
from hub.sdk import OutOfQuota

_INFO = re.compile(r"(?<![\w-])api-usage=(\d{1,12})/([1-9]\d{0,11})\b")


class Usage:
    """Seen on every answer (header Sforce-Limit-Info). Past the share one call per ``wait`` seconds goes through: the
    allowance is counted over the last 24 hours, and only an answer tells that there is room again.
    """

    def __init__(self, share: float, clock: Callable[[], float], wait: float = QUARTER) -> None:
        self.used = 0
        self.total = 0
        self._share = share
        self._clock = clock
        self._wait = wait
        self._lock = threading.Lock()
        self._closed = False
        self._next = 0.0

    @property
    def part(self) -> float | None:
        """The part of the allowance that is used, None before the first answer."""
        return self.used / self.total if self.total else None

    def admit(self) -> None:
        """Let one call through, or not.

        Raises:
            OutOfQuota: the share is used up.
        """
        with self._lock:
            now = self._clock()
            if not self._closed:
                return
            if now >= self._next:
                self._next = now + self._wait
                return
            raise OutOfQuota(
                "Inlay has stopped calling Salesforce for now: the rest of the org's daily API calls is for others.",
                after=self._next - now,
                why=f"{self.used:,} of {self.total:,} calls are used; the setting api_share is {self._share:.0%}.",
                instead="It goes on by itself when the org has calls again. An admin may raise api_share.",
            )

    def seen(self, headers: Mapping[str, str]) -> None:
        """Take note of an answer's headers, whose names are in lower case."""
        found = _INFO.search(headers.get("sforce-limit-info", ""))
        if found:
            with self._lock:
                self.used, self.total = int(found[1]), int(found[2])
                self._close(self.used >= self._share * self.total)

    def spent(self) -> float:
        """Salesforce said that nothing is left; in how many seconds to try again."""
        with self._lock:
            self._close(True)
        return self._wait

    def _close(self, closed: bool) -> None:
        if closed and not self._closed:
            self._next = self._clock() + self._wait
        self._closed = closed

    def __repr__(self) -> str:
        return f"Usage({self.used}/{self.total})"
