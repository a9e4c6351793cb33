"""The problems a caller can meet: what each code means, its HTTP status, and who acts; shown at /help/problems."""

from __future__ import annotations

from dataclasses import dataclass

from hub import errors


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem. ``code`` names it in ``type`` and in every answer; it never changes its meaning."""

    code: str
    status: int
    title: str
    means: str
    who: str


def _of(error: type[errors.InlayError], status: int, title: str, means: str) -> Kind:
    return Kind(error.code, status, title, means, error.who)


#: The first error class that fits counts, so that the special ones stand before the general ones.
BY_ERROR: tuple[tuple[type[errors.InlayError], Kind], ...] = tuple(
    (error, _of(error, status, title, means))
    for error, status, title, means in (
        (errors.InvalidInputs, 422, "Inputs to correct", "Inputs are missing, unknown or of the wrong kind."),
        (errors.UnknownName, 404, "Not found", "Nothing you can reach has this name."),
        (errors.BadRequest, 400, "Cannot be worked on", "What was sent is not what this address takes."),
        (errors.NotAllowed, 403, "Not yours to do", "You are known, but this is for somebody else to do."),
        (errors.Unverified, 401, "Not known", "Nothing that was sent proves who is asking."),
        (errors.Conflict, 409, "Changed meanwhile", "It changed since you saw it, or its state forbids this."),
        (errors.Refused, 403, "Refused by policy", "A rule of your team says no, and says what to do instead."),
        (errors.Held, 409, "Held for a person", "A rule of your team wants a person to look first."),
        (errors.NeedsPermission, 403, "Permission missing", "The connected account may not do this over there."),
        (errors.TargetGone, 410, "Target gone", "The document, the record or the place in it is gone."),
        (
            errors.Paused,
            503,
            "Paused",
            "An admin paused the connection. Nothing was lost.",
        ),
        (errors.RateLimited, 429, "Too many at once", "Wait as long as Retry-After says, then send it again."),
        (errors.TryLater, 503, "Try later", "The other side is busy or away. Nothing was lost."),
        (errors.VendorRefused, 502, "The other side said no", "The vendor understood the request and refused it."),
        (errors.BadAnswer, 502, "Unusable answer", "The model answered something that is no draft."),
        (errors.LeaseLost, 409, "Busy", "Another worker is at this run at the moment."),
        (errors.InlayError, 500, "Something went wrong", "A fault the hub could not name."),
    )
)

#: What HTTP itself says, before any code of the hub has seen the request.
BY_STATUS: dict[int, Kind] = {
    kind.status: kind
    for kind in (
        Kind("bad-request", 400, "Cannot be worked on", "The request is not well formed.", "the asker"),
        Kind("unverified", 401, "Not known", "Nothing that was sent proves who is asking.", "the sender"),
        Kind("not-allowed", 403, "Not yours to do", "You are known, but this is for somebody else.", "the asker"),
        Kind("unknown-name", 404, "Not found", "There is nothing at this address.", "the asker"),
        Kind("wrong-method", 405, "Wrong method", "The address exists and takes another method.", "the asker"),
        Kind("too-large", 413, "Too large", "The body is larger than the hub reads.", "the asker"),
        Kind("wrong-type", 415, "Wrong kind of body", "The address takes a JSON body.", "the asker"),
        Kind("rate-limited", 429, "Too many at once", "Wait a moment, then try again.", "nobody: wait a moment"),
        Kind("fault", 500, "Something went wrong", "A fault inside Inlay. It is logged under its id.", "an admin"),
        Kind("unavailable", 503, "Try later", "The hub cannot work at the moment.", "nobody: try again in a moment"),
    )
}

#: What only runs and deliveries end with.
OF_RUNS: tuple[Kind, ...] = (
    Kind("contract-broken", 200, "Not what was promised", "The draft breaks what its template promises.", "a lead"),
    Kind("rejected", 200, "Rejected in review", "A reviewer said no to the draft, and why.", "the asker"),
    Kind("configuration", 200, "Set up wrongly", "A setting or a connection cannot be used as it stands.", "an admin"),
    Kind(
        "out-of-quota",
        200,
        "Allowance used up",
        "The vendor's allowance comes back; the run waits.",
        "nobody",
    ),
)

#: Every kind once, for the page that explains them.
EVERY: tuple[Kind, ...] = tuple(
    {kind.code: kind for kind in (*OF_RUNS, *BY_STATUS.values(), *dict(BY_ERROR).values())}.values()
)


def kind_of(error: errors.InlayError) -> Kind:
    """The kind an error of the hub is shown as."""
    return next(kind for known, kind in BY_ERROR if isinstance(error, known))
