"""Where things stand, as enumerations: roles, states of a run and of a delivery, stages, verdicts, triggers."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What a person may do. ``admin`` acts for the whole hub, the others for one team."""

    ADMIN = "admin"
    LEAD = "lead"
    REVIEWER = "reviewer"
    MEMBER = "member"


class RunState(StrEnum):
    """Where a run stands. ``pipeline.run`` holds the table of legal transitions."""

    QUEUED = "queued"
    ANSWERED = "answered"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    DELIVERED = "delivered"
    HELD = "held"
    REFUSED = "refused"
    WAITING_USER = "waiting_user"
    ORPHANED = "orphaned"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Stage(StrEnum):
    """The verb a run does next."""

    COMPOSE = "compose"
    CHECK_INPUT = "check_input"
    ASK = "ask"
    CHECK_OUTPUT = "check_output"
    DELIVER = "deliver"
    REVIEW = "review"
    DONE = "done"


class Outcome(StrEnum):
    """A verdict, mildest first."""

    ALLOW = "allow"
    HOLD = "hold"
    DENY = "deny"


class Trigger(StrEnum):
    """What started a run: a person's act, a vendor's event, or a clock."""

    USER = "user"
    WEBHOOK = "webhook"
    SCHEDULE = "schedule"


class DeliveryState(StrEnum):
    """Where one delivery stands. ``placed`` was written by the surface itself, in the person's own name."""

    PENDING = "pending"
    DONE = "done"
    PLACED = "placed"
    FAILED = "failed"
    ORPHANED = "orphaned"
    WAITING_USER = "waiting_user"
    UNDONE = "undone"
