"""Where in a DAM a draft belongs: reads the address of a target, an asset and perhaps the slots to be written."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.dam.slots import WRITABLE
from hub.sdk import BadRequest, Json

_LONGEST = 1000


@dataclass(frozen=True, slots=True)
class Address:
    """A target's ``at``, checked. ``only`` is empty where every slot may be written."""

    asset: str
    only: tuple[str, ...] = ()


def address(at: Json) -> Address:
    """
    Raises:
        BadRequest: a field is missing, unknown or ill-formed; the message names it.
    """
    unknown = sorted(set(at) - {"asset", "only"})
    if unknown:
        raise _bad(f"it has no field {unknown[0][:40]!r}")
    asset, only = at.get("asset"), at.get("only") or ()
    if not isinstance(asset, str) or not asset.strip() or len(asset) > _LONGEST or not asset.isprintable():
        raise _bad("asset is the asset's id")
    if not isinstance(only, list | tuple) or not all(isinstance(one, str) for one in only):
        raise _bad("only is a list of slots")
    if strange := sorted(set(only) - set(WRITABLE)):
        raise _bad(f"only names {strange[0][:40]!r}, and the slots are {', '.join(WRITABLE)}")
    return Address(asset, tuple(only))


def _bad(what: str) -> BadRequest:
    return BadRequest(f"The address of the place in the DAM is wrong: {what}.", instead="Correct it and ask again.")
