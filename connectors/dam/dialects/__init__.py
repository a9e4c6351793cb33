"""Every dialect by its name: the DAMs with code of their own, the signed webhooks, and a preset per YAML file."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from connectors.dam.dialect import Dialect

if TYPE_CHECKING:
    from connectors.dam.settings import DamSettings


@cache
def every() -> dict[str, Dialect]:
    """Every dialect there is, by name; those with code of their own first."""
    from connectors.dam.dialects.aem import Aem
    from connectors.dam.dialects.bynder import Bynder
    from connectors.dam.dialects.cloudinary import Cloudinary
    from connectors.dam.dialects.presets import presets

    coded: list[Dialect] = [Aem(), Cloudinary(), Bynder()]
    return {one.name: one for one in (*coded, *presets())}


def of(name: str) -> Dialect:
    """The dialect of this name.

    Raises:
        KeyError: there is none.
    """
    return every()[name]


def dialect_of(settings: DamSettings) -> Dialect:
    """The dialect of these settings. Ask this one, not ``of``: the settings themselves may describe the sender."""
    return of(settings.dialect).fit(settings)
