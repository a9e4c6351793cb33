"""The second step: a code of six digits from an app on the person's phone (RFC 6238), or a recovery code."""

from __future__ import annotations

import hmac
import re
import secrets
from dataclasses import dataclass

from hub.sdk import Secret
from hub.store import Tx, accounts
from hub.store.accounts import Account
from hub.vault import Vault

#: Seconds one code lasts; the one before and the one after count too, for clocks that disagree.
STEP = 30
CODES = 10
ISSUER = "Inlay"
_SIX = re.compile(r"[0-9]{6}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Offer:
    """A seed that is not in use yet: as text to type, and as a picture to scan (SVG)."""

    seed: str
    picture: str

    @property
    def spelled(self) -> str:
        """The seed in groups of four, as people copy it."""
        return " ".join(self.seed[at : at + 4] for at in range(0, len(self.seed), 4))


def new_seed() -> str:
    """160 random bits in base 32."""
    import pyotp

    return pyotp.random_base32(32)


def offer(seed: str, email: str, hub_name: str) -> Offer:
    """What a person needs to put the seed into their app. ``hub_name`` tells this hub from another one in the list."""
    import segno
    from pyotp.totp import TOTP

    address = TOTP(seed).provisioning_uri(name=email, issuer_name=f"{ISSUER} {hub_name}".strip())
    code = segno.make(address, error="m", micro=False)
    # Without colours and sizes of its own: the page's style gives them, and no inline style is needed.
    picture = code.svg_inline(
        scale=4, border=4, omitsize=True, svgclass="qr", lineclass=None, dark="#000", light="#fff"
    )
    return Offer(seed, picture)


def step_of(seed: str, code: str, now: float) -> int | None:
    """The step this is the code of, now or one step around it; None when it is none."""
    from pyotp.totp import TOTP

    digits = "".join(code.split())
    if not _SIX.fullmatch(digits):
        return None
    maker = TOTP(seed, interval=STEP)
    at = int(now // STEP)
    found = [step for step in (at - 1, at, at + 1) if hmac.compare_digest(maker.generate_otp(step), digits)]
    return max(found) if found else None


def new_codes() -> list[str]:
    """Recovery codes as people write them down: 80 random bits each."""
    return [_grouped(secrets.token_hex(10)) for _ in range(CODES)]


def sealed(vault: Vault, seed: str) -> str:
    return vault.seal({"seed": seed})


def answered(tx: Tx, vault: Vault, account: Account, code: str, now: float) -> str | None:
    """What the person answered with, "code" or "recovery"; None when it counts for nothing. It is used up."""
    seed = _seed(vault, account)
    step = step_of(seed.reveal(), code, now) if seed else None
    if step is not None:
        return "code" if accounts.use_step(tx, account.email, step) else None
    spelled = re.sub(r"[^0-9a-f]", "", code.lower()[:60])
    known = len(spelled) == 20 and accounts.use_code(tx, account.email, _grouped(spelled))
    return "recovery" if known else None


def _grouped(digits: str) -> str:
    return "-".join(digits[at : at + 5] for at in range(0, 20, 5))


def _seed(vault: Vault, account: Account) -> Secret | None:
    return vault.open(account.totp)["seed"] if account.totp else None
