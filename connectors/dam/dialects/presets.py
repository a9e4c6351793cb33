"""Every preset that ships, as a dialect, and the one an admin writes into the settings (``custom``)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from connectors.dam.dialect import Dialect
from connectors.dam.dialects.preset import Preset
from connectors.dam.dialects.signed import Signed
from connectors.dam.settings import DamSettings

#: What ``custom`` is as long as no settings say more: it proves senders, and no event means anything to it.
_PLAIN: dict[str, Any] = {
    "title": "A sender described in the settings",
    "verified": True,
    "source": "what the settings say of it",
    "prove": {"scheme": "hmac", "signature": {"header": "x-signature"}},
    "events": {"type": "/type", "id": {"hash": "body"}},
}


def presets() -> list[Dialect]:
    """Every dialect that is data.

    Raises:
        ValueError: a file is no preset; it names the file and the key.
    """
    folder = Path(__file__).with_name("presets")
    return [Custom(), *(Signed(load(path)) for path in sorted(folder.glob("*.yaml")))]


def load(path: Path) -> Preset:
    """The preset of a file, named like the file.

    Raises:
        ValueError: it is none; the sentence names the file, and the line or the key.
    """
    try:
        said = yaml.safe_load(path.read_text("utf-8"))
    except yaml.MarkedYAMLError as error:
        at = error.problem_mark or error.context_mark
        line = f", line {at.line + 1}" if at else ""
        raise ValueError(f"{path.name}{line}: it is no YAML") from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError):
        raise ValueError(f"{path.name}: it is no YAML") from None
    return filled(said, name=path.stem, where=path.name)


def filled(said: Any, *, name: str, where: str) -> Preset:
    """The preset these data are.

    Raises:
        ValueError: they are none. The sentence names ``where`` and the key, and quotes no value.
    """
    if not isinstance(said, Mapping):
        raise ValueError(f"{where}: a preset is a mapping")
    try:
        return Preset.model_validate({**said, "name": name})
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        key = ".".join(str(part) for part in first["loc"]) or "the preset"
        raise ValueError(f"{where}: {key}: {first['msg'].removeprefix('Value error, ')}") from None


class Custom(Signed):
    """The sender the settings describe: a new DAM without a line of code."""

    def __init__(self) -> None:
        super().__init__(filled(_PLAIN, name="custom", where="custom"))
        self.needs = (*self.needs, "preset")
        self.takes = (*self.takes, "host", "account", "client_id", "client_secret", "delivery_host")

    def fit(self, settings: DamSettings) -> Dialect:
        if not settings.preset:
            return self
        return _fitted(json.dumps(settings.preset, sort_keys=True, default=dict))


@lru_cache(maxsize=64)
def _fitted(said: str) -> Dialect:
    data = json.loads(said)
    # Nobody but the admin who wrote it has looked at it.
    made = Signed(
        filled({"verified": False, "source": "what the settings say of it", **data}, name="custom", where="preset")
    )
    made.needs = (*made.needs, "preset")
    return made
