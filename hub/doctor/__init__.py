"""The doctor: tries every part of the hub and says what is wrong, the fix, and who can do it.

The command line prints it, the admin's page lists it.
"""

from __future__ import annotations

from collections.abc import Iterator

from hub.bootstrap import Hub
from hub.doctor import governance, inside, mail
from hub.doctor.around import broker
from hub.doctor.connected import connections
from hub.domain import Probe


def everything(hub: Hub, names: tuple[str, ...] = (), *, ask: bool = False) -> Iterator[Probe]:
    """Every part of a hub that has started; with names these connections alone. ``ask`` asks the model a question."""
    if not names:
        yield from inside.plugins(hub)
        yield from inside.models(hub, ask)
        yield from governance.probes(hub)
        yield from inside.webhooks(hub)
        yield from mail.probes(hub)
    yield from connections(hub, names)


def at_a_glance(hub: Hub) -> Iterator[Probe]:
    """What the database and this process know by themselves: nothing is sent anywhere for it."""
    yield from inside.plugins(hub)
    yield from governance.at_a_glance(hub)
    yield from inside.webhooks(hub)


def around_and_inside(hub: Hub) -> Iterator[Probe]:
    """Everything, and the broker too: what a running hub can try of itself."""
    yield broker(hub.settings)
    yield from everything(hub)
