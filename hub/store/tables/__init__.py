"""Every table of the hub. Times are Unix seconds; money is millionths of a US dollar; JSON is text."""

from hub.store.tables.accounts import account, failed_try, recovery_code, sign_in_group, sign_in_link, web_session
from hub.store.tables.base import Id, JsonText, Time, metadata
from hub.store.tables.claims import evidence, evidence_use
from hub.store.tables.connections import connection, enablement, fact, notice, permit, sweep, tryout, workflow
from hub.store.tables.money import allowance, budget, budget_day, budget_raise, call, reservation
from hub.store.tables.notifications import mailbox, notification, notification_choice
from hub.store.tables.people import api_key, membership, panel_pass, person, policy, team
from hub.store.tables.policies import pack_choice, rule_day, what_if
from hub.store.tables.record import bookmark, check_up, endpoint, late_event, ledger, ledger_head, pseudonym
from hub.store.tables.reviews import ladder, look, look_opened
from hub.store.tables.runs import delivery, look_back, news, picture, run, template_revision
from hub.store.tables.templates import authored, authored_revision, proposal, trial, trial_run

__all__ = [
    "Id",
    "JsonText",
    "Time",
    "account",
    "allowance",
    "api_key",
    "authored",
    "authored_revision",
    "bookmark",
    "budget",
    "budget_day",
    "budget_raise",
    "call",
    "check_up",
    "connection",
    "delivery",
    "enablement",
    "endpoint",
    "evidence",
    "evidence_use",
    "fact",
    "failed_try",
    "ladder",
    "late_event",
    "ledger",
    "ledger_head",
    "look",
    "look_back",
    "look_opened",
    "mailbox",
    "membership",
    "metadata",
    "news",
    "notice",
    "notification",
    "notification_choice",
    "pack_choice",
    "panel_pass",
    "permit",
    "person",
    "picture",
    "policy",
    "proposal",
    "pseudonym",
    "recovery_code",
    "reservation",
    "rule_day",
    "run",
    "sign_in_group",
    "sign_in_link",
    "sweep",
    "team",
    "template_revision",
    "trial",
    "trial_run",
    "tryout",
    "web_session",
    "what_if",
    "workflow",
]
