"""The rule-packs that ship with Inlay: one YAML file each, read when it is first asked for."""

from __future__ import annotations

from functools import cache
from importlib import resources

from hub.governance.policy import Pack, load_pack


@cache
def names() -> tuple[str, ...]:
    """The name of every shipped pack, ``core`` first."""
    files = (file.name for file in resources.files(__name__).iterdir())
    found = (name.removesuffix(".yaml") for name in files if name.endswith(".yaml"))
    return tuple(sorted(found, key=lambda name: (name != "core", name)))


@cache
def shipped(name: str) -> Pack:
    """A shipped pack.

    Raises:
        KeyError: none has this name.
    """
    if name not in names():
        raise KeyError(name)
    return load_pack((resources.files(__name__) / f"{name}.yaml").read_text("utf-8"), name)


@cache
def default() -> tuple[str, ...]:
    """The packs in force for an organisation that chose none."""
    return tuple(name for name in names() if shipped(name).default)
