"""Reads assets of vendors that give one at a time, so that one that cannot be read holds up no other."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from connectors.dam.asset import Asset
from hub.sdk import InlayError, NeedsPermission, RateLimited, TargetGone, Unavailable, VendorRefused

#: After so many failures in a row it is the account that cannot be read, and not these assets.
_IN_A_ROW = 3


def one_by_one(ids: Sequence[str], read: Callable[[str], Asset | None]) -> dict[str, Asset | InlayError]:
    """What ``Dialect.fetch`` gives: the assets by id, without those that are gone. One that cannot be read has its
    error in its place. ``read`` gives None for one that is gone, or raises ``TargetGone``.

    Raises:
        NeedsPermission, TryLater, VendorRefused: none of them can be read.
    """
    found: dict[str, Asset | InlayError] = {}
    # By chance: were broken assets always the first to be asked for, nobody would ever get to the others.
    left = random.sample(ids, len(ids))
    in_a_row, answered = 0, False
    while left:
        id = left.pop()
        try:
            asset = read(id)
        except TargetGone:
            asset = None
        except (NeedsPermission, Unavailable, RateLimited, VendorRefused) as error:
            found[id] = error
            in_a_row += 1
            if isinstance(error, RateLimited) or in_a_row == _IN_A_ROW:
                found |= dict.fromkeys(left, error)
                break
            continue
        in_a_row, answered = 0, True
        if asset is not None:
            found[id] = asset
    failed = next((one for one in found.values() if isinstance(one, InlayError)), None)
    if failed is not None and not answered:
        raise failed
    return found
