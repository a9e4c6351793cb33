"""The pages people see, one module each, rendered on the server."""

from __future__ import annotations

from flask import Blueprint

from hub.bootstrap import Hub
from hub.web.pages import (
    account,
    admin,
    authoring,
    connecting,
    connectors,
    editing,
    formats,
    help,
    home,
    lifecycle,
    notifications,
    policy,
    provenance,
    reviews,
    run,
    runs,
    sign_in,
    sign_in_link,
    single_sign_on,
    template_changes,
    templates,
)
from hub.web.stand_ins import StandIns

_PAGES = (
    home,
    runs,
    run,
    editing,
    provenance,
    reviews,
    templates,
    authoring,
    lifecycle,
    template_changes,
    policy,
    notifications,
    help,
    account,
    admin,
)


def blueprints(hub: Hub) -> list[Blueprint]:
    """Every page, for one hub."""
    found = [page.blueprint(hub) for page in _PAGES]
    stand_ins = StandIns(hub)
    found += [page.blueprint(hub, stand_ins) for page in (connectors, connecting)]
    # However somebody tries to get in, the tries of one address are counted together.
    tries = sign_in.Tries()
    found += [door.blueprint(hub, tries) for door in (sign_in, sign_in_link, single_sign_on)]
    formats.install(found[0], hub)
    return found
