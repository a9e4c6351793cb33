"""Every error of the hub, as a tree. Each says who acts and whether trying again helps.

InlayError
├── BadRequest            the asker       what was sent cannot be worked on
│   ├── UnknownName       the asker       no such template, workflow, connection, run
│   └── InvalidInputs     the asker       inputs are missing, unknown or ill-typed; each is named
├── NotAllowed            the asker       signed in, but this is not theirs to do
├── Unverified            the sender      a webhook or token that does not prove who sent it
├── Conflict              the asker       the thing changed meanwhile, or is in a state that forbids this
├── Refused               the asker       a policy says no, with why and instead
├── Held                  a lead          a policy wants a person to look first
├── NeedsPermission       the person      the account lacks a permission, or its token expired
├── TargetGone            the person      the document, record or place no longer exists
├── TryLater              nobody          the other side is busy or away; Inlay tries again by itself
│   ├── RateLimited                       … it says when
│   │   └── OutOfQuota                    … its allowance is used up: waits, and counts as no attempt
│   │       └── Paused        an admin    … the connection is paused: waits for the end of the pause
│   └── Unavailable                       … it does not answer, or answers with its own failure
├── VendorRefused         an admin        the vendor understood and said no; trying again changes nothing
├── BadAnswer             a lead          the model answered something that is no draft
└── LeaseLost             nobody          another worker has the run now; this one must stop
ConfigurationError        an admin        start-up stops. No InlayError: no "keep going" code may swallow it
"""

from __future__ import annotations

from hub.domain import Problem, Usage


class InlayError(Exception):
    """The root. ``what`` happened, ``why``, what to do ``instead``, and ``who`` does it."""

    code = "error"
    who = "an admin"
    retry = False

    def __init__(self, what: str, *, why: str = "", instead: str = "", who: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.instead = instead
        if who is not None:
            self.who = who

    def problem(self) -> Problem:
        """The error as a run stores it and a page shows it."""
        return Problem(
            code=self.code, what=self.what, why=self.why, instead=self.instead, who=self.who, retry=self.retry
        )


class BadRequest(InlayError):
    code = "bad-request"
    who = "the asker"


class UnknownName(BadRequest):
    code = "unknown-name"


class InvalidInputs(BadRequest):
    """``fields`` maps an input's name to what is wrong with it."""

    code = "invalid-inputs"

    def __init__(self, what: str, *, fields: dict[str, str], instead: str = "", who: str | None = None) -> None:
        why = "; ".join(f"{name}: {wrong}" for name, wrong in fields.items())
        super().__init__(what, why=why, instead=instead, who=who)
        self.fields = fields


class NotAllowed(InlayError):
    code = "not-allowed"
    who = "the asker"


class Unverified(InlayError):
    code = "unverified"
    who = "the sender"


class Conflict(InlayError):
    code = "conflict"
    who = "the asker"


class Refused(InlayError):
    code = "refused"
    who = "the asker"


class Held(InlayError):
    code = "held"
    who = "a lead"


class NeedsPermission(InlayError):
    code = "needs-permission"
    who = "the person who asked"


class TargetGone(InlayError):
    code = "target-gone"
    who = "the person who asked"


class TryLater(InlayError):
    """``after`` is how many seconds to wait at least, None when the other side does not say."""

    code = "try-later"
    who = "nobody: Inlay tries again by itself"
    retry = True

    def __init__(self, what: str, *, after: float | None = None, why: str = "", instead: str = "") -> None:
        super().__init__(what, why=why, instead=instead)
        self.after = after


class RateLimited(TryLater):
    code = "rate-limited"


class OutOfQuota(RateLimited):
    """The account's allowance is used up and comes back by itself. Waiting for it is no failed attempt."""

    code = "out-of-quota"


class Paused(OutOfQuota):
    """An admin paused the connection. What waits for it goes on when the pause ends; waiting is no failed attempt."""

    code = "paused"
    who = "an admin"


class Unavailable(TryLater):
    code = "unavailable"


class VendorRefused(InlayError):
    code = "vendor-refused"
    who = "an admin"


class BadAnswer(InlayError):
    """``usage`` is what the unusable answer used, None when nothing says that it was paid for."""

    code = "bad-answer"
    who = "a lead"
    usage: Usage | None = None


class LeaseLost(InlayError):
    code = "lease-lost"
    who = "nobody: another worker goes on"
    retry = True


class ConfigurationError(Exception):
    """A setting is missing or wrong. The message names it and what to write."""
