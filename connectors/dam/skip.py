"""Which assets nothing is done about, and why, by what was read of them and what the settings say."""

from __future__ import annotations

from fnmatch import fnmatchcase

from connectors.dam.asset import Asset
from connectors.dam.settings import DamSettings


def why(settings: DamSettings, asset: Asset, kind: str) -> str:
    """Why nothing is started, or an empty text.

    Args:
        kind: what the sender said happened. Only ids are believed of it: an approval counts if the asset says so too.
    """
    if asset.mime and any(fnmatchcase(asset.mime.lower(), one.strip().lower()) for one in settings.skip_types):
        return "The settings skip files of this type."
    if any(inside(asset.folder, one) for one in settings.skip_folders):
        return "The settings skip this folder."
    if asset.size is not None and asset.size > settings.largest_bytes:
        return f"The file is larger than {settings.largest_bytes:,} bytes."
    if kind == "asset.approved" and asset.status not in ("", "approved"):
        return "The asset is not approved."
    if settings.teams and team_of(settings, asset) is None:
        return "The folder belongs to no team."
    return ""


def team_of(settings: DamSettings, asset: Asset) -> str | None:
    """The team whose folder it is: that of the longest folder it lies in."""
    found = [folder for folder in settings.teams if inside(asset.folder, folder)]
    return settings.teams[max(found, key=lambda one: len(_parts(one)))] if found else None


def inside(folder: str, outer: str) -> bool:
    """Whether a folder is the other one or lies in it. ``/brand-2`` does not lie in ``/brand``."""
    some = _parts(outer)
    return _parts(folder)[: len(some)] == some


def _parts(folder: str) -> list[str]:
    return [part for part in folder.strip().split("/") if part]
