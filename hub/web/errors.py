"""Turns every error into one answer: an RFC 9457 problem for programs, a readable page for people. In one place."""

from __future__ import annotations

import math
import secrets
import traceback
from dataclasses import dataclass, field
from typing import Any

import structlog
from apiflask import APIFlask
from flask import Response, current_app, redirect, render_template, request, url_for
from flask_wtf.csrf import CSRFError
from pydantic_core import to_json
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from hub.errors import InlayError, InvalidInputs, TryLater, Unverified
from hub.web import problems
from hub.web.headers import AUTHORIZE
from hub.web.problems import Kind

log = structlog.get_logger("inlay.web")
PROBLEM = "application/problem+json"
#: Paths of programs: they are answered in JSON whatever they say they accept.
_MACHINE = ("/api/", "/in/", "/connect/", "/healthz", "/readyz", "/metrics", "/openapi.json")


class SignInFirst(Unverified):
    """A page was asked for without a session: a browser is sent to the sign-in page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One error as it is answered."""

    kind: Kind
    what: str
    why: str = ""
    instead: str = ""
    who: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    after: float | None = None
    id: str = ""

    def body(self, help_url: str) -> dict[str, Any]:
        """The members of RFC 9457 and the hub's own: ``code``, ``why``, ``instead``, ``who``, ``help``."""
        link = f"{help_url}/help/problems#{self.kind.code}"
        return {
            "type": link,
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.what,
            "code": self.kind.code,
            "why": self.why,
            "instead": self.instead,
            "who": self.who or self.kind.who,
            "help": link,
            **({"fields": self.fields} if self.fields else {}),
            **({"id": self.id} if self.id else {}),
        }


def install(app: APIFlask) -> None:
    """Make every error of this app end in ``answer``."""
    app.register_error_handler(InlayError, lambda error: answer(of_error(error), error))
    app.register_error_handler(HTTPException, lambda error: answer(of_http(error), error))
    app.register_error_handler(Exception, lambda error: answer(of_fault(error)))


def of_error(error: InlayError) -> Problem:
    """A problem the hub itself found."""
    return Problem(
        kind=problems.kind_of(error),
        what=error.what,
        why=error.why,
        instead=error.instead,
        who=error.who,
        fields=error.fields if isinstance(error, InvalidInputs) else {},
        after=(error.after or 1.0) if isinstance(error, TryLater) else None,
    )


def of_http(error: HTTPException) -> Problem:
    """A problem HTTP names. Its own description is not used: it can repeat what was sent."""
    kind = problems.BY_STATUS.get(error.code or 500)
    if kind is None:
        kind = problems.BY_STATUS[400 if 400 <= (error.code or 500) < 500 else 500]
    instead = ""
    if isinstance(error, CSRFError):
        return Problem(
            kind=kind,
            what="The form has expired, or it was not sent from a page of this hub.",
            instead="Go back, load the page again and send the form once more. Nothing was changed.",
        )
    if kind.status == 405:
        instead = f"It takes {', '.join(sorted(getattr(error, 'valid_methods', None) or []))}."
    if kind.status == 413:
        instead = f"Send at most {current_app.config['MAX_CONTENT_LENGTH']:,} bytes."
    return Problem(kind=kind, what=kind.means, instead=instead)


def of_fault(error: Exception) -> Problem:
    """A fault of ours. Its message may quote a document: only its type and place are logged, and none of it is told."""
    fault = secrets.token_hex(6)
    frames = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)[-4:]]
    log.error("fault", id=fault, error=type(error).__name__, at=frames, route=request.endpoint)
    return Problem(
        kind=problems.BY_STATUS[500],
        what=f"Something went wrong inside Inlay. It is logged as {fault}.",
        instead="Try again. If it stays, give this id to an admin.",
        id=fault,
    )


def answer(problem: Problem, error: Exception | None = None) -> BaseResponse:
    """The problem as this caller reads it."""
    response: BaseResponse
    machine = request.path.startswith(_MACHINE) and request.endpoint != AUTHORIZE
    if machine or not request.accept_mimetypes.accept_html:
        body = to_json(problem.body(current_app.config["INLAY_URL"]))
        response = Response(body, problem.kind.status, content_type=PROBLEM)
    elif isinstance(error, SignInFirst):
        there = request.full_path.rstrip("?") if request.method == "GET" else "/"
        response = redirect(url_for("sign_in.show", next=there), 303)
    else:
        response = Response(render_template("problem.html", problem=problem), problem.kind.status)
    if problem.after is not None:
        response.headers["Retry-After"] = str(max(1, math.ceil(problem.after)))
    if problem.kind.status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="inlay"'
    if isinstance(error, HTTPException) and problem.kind.status == 405:
        response.headers["Allow"] = ", ".join(sorted(getattr(error, "valid_methods", None) or []))
    return response
