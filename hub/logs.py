"""Logs as structured lines on standard error: ids and figures, never a person's text."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any, TextIO, cast

import structlog


def configure(level: str, *, pretty: bool | None = None) -> None:
    """One JSON object a line; readable lines where a person is looking at a terminal."""
    pretty = sys.stderr.isatty() if pretty is None else pretty
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _without_text,
            structlog.dev.ConsoleRenderer() if pretty else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, _Stderr())),
        cache_logger_on_first_use=True,
    )
    # The HTTP client logs a line with the address for each call.
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    logging.basicConfig(level=max(number, logging.WARNING), format="%(levelname)s %(name)s %(message)s")


class _Stderr:
    """Standard error as it is when a line is written: a stream that was replaced may have been closed since."""

    def write(self, text: str, /) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


def _without_text(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """An exception as its type and the places it came through. Its message may quote a document, and the local
    variables that a traceback for terminals prints hold whole ones, and secrets.
    """
    given = line.pop("exc_info", None)
    error = given if isinstance(given, BaseException) else sys.exc_info()[1] if given else None
    if error is not None:
        line.setdefault("error", type(error).__name__)
        line["at"] = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)[-6:]]
    return line
