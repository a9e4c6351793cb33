"""Registers the checks that ship with Inlay, by the same hook as anyone's."""

from __future__ import annotations

from collections.abc import Callable

from hub.governance.claims import Claims
from hub.governance.copy_rules import CopyRules
from hub.governance.injection import Injection
from hub.governance.output_contract import OutputContract
from hub.governance.personal_data import PersonalData
from hub.governance.secrets import Secrets
from hub.sdk import Check, hookimpl


@hookimpl
def register_checks(register: Callable[[Check], None]) -> None:
    for check in (Secrets(), PersonalData(), Injection(), CopyRules(), OutputContract(), Claims()):
        register(check)
