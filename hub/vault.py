"""Keeps secrets sealed at rest, and gives every other part the key it derives its own from."""

from __future__ import annotations

import base64
import hashlib
import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from pydantic_core import from_json, to_json

from hub.errors import ConfigurationError
from hub.sdk.settings import Secret
from hub.settings import Settings


class Vault:
    """Seals with the newest key, opens with any.

    Args:
        keys: the parts of ``INLAY_SECRET_KEY``, newest first. Any text of 32 characters or more will do.
    """

    def __init__(self, keys: list[str]) -> None:
        if not keys:
            raise ConfigurationError("INLAY_SECRET_KEY is empty.")
        short = [key for key in keys if len(key) < 32]
        if short:
            raise ConfigurationError("INLAY_SECRET_KEY: each key needs 32 characters or more, chosen at random.")
        self.keys = [hashlib.sha256(key.encode()).digest() for key in keys]
        self._fernet = MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in self.keys])

    def seal(self, secrets: dict[str, str]) -> str:
        """Several secrets as one sealed text."""
        return self._fernet.encrypt(to_json(secrets)).decode()

    def open(self, sealed: str) -> dict[str, Secret]:
        """The secrets of a sealed text.

        Raises:
            ConfigurationError: none of the keys in force sealed it.
        """
        if not sealed:
            return {}
        try:
            plain = self._fernet.decrypt(sealed.encode())
        except InvalidToken:
            raise ConfigurationError(
                "Stored secrets cannot be opened: they were sealed with a key that is not among INLAY_SECRET_KEY."
            ) from None
        return {name: Secret(value) for name, value in from_json(plain).items()}


def open_vault(settings: Settings) -> Vault:
    """The vault of this install; on first use without ``INLAY_SECRET_KEY`` a key is made and kept in ``INLAY_HOME``."""
    if settings.secret_key:
        return Vault([key.strip() for key in settings.secret_key.reveal().split(",") if key.strip()])
    path = settings.home / "secret.key"
    if not path.exists():
        _create(path)
    return Vault([path.read_text(encoding="ascii").strip()])


def _create(path: Path) -> None:
    """Made complete under another name and linked into place, so that two starting processes agree on one key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(Fernet.generate_key().decode())
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
