"""``inlay serve``: the web server with its pages and API, working on runs in the background."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import click

from hub.cli.opening import a_database

if TYPE_CHECKING:
    from hub.settings import Settings


@click.command("serve")
@click.option("--host", help="Address to listen on; INLAY_HOST when left out.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on; INLAY_PORT when left out.")
@click.option("--sign-in", "wanted", is_flag=True, help="Print a link that signs the admin in once, for 15 minutes.")
def command(host: str | None, port: int | None, wanted: bool) -> None:
    """Serve pages and API, and work on runs.

    On this machine alone, with SQLite, in a terminal and while nobody has a password, it prints a link that signs the
    admin in once; --sign-in prints it in any case.
    """
    from hub.settings import load
    from hub.web.server import check_port, serve

    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    settings = load(**given)
    check_port(settings.host, settings.port)
    link = sign_in_link(settings, wanted=wanted, terminal=sys.stdout.isatty())
    if link:
        # Past the log: a link in a log would be a key in a log.
        click.echo(f"Sign in as the admin, once, within 15 minutes:\n\n  {link}\n")
        sys.stdout.flush()
    click.echo(f"Inlay answers at {settings.url}. Ctrl-C stops it.")
    sys.stdout.flush()
    serve(settings)


def sign_in_link(settings: Settings, *, wanted: bool, terminal: bool) -> str:
    """A link to print; empty when none is wanted, or when this is not the first minute of somebody who just tries."""
    if not wanted and not terminal:
        # Before anything is loaded: this process lives as long as the server, and only looks after those that work.
        return ""
    from hub.accounts import links
    from hub.ledger import Ledger
    from hub.store import accounts
    from hub.vault import open_vault
    from hub.web.auth import is_loopback

    embedded = is_loopback(settings.host) and settings.database.startswith("sqlite") and not settings.demo
    if not wanted and not embedded:
        return ""
    with a_database() as database:
        with database.reading() as tx:
            if not wanted and accounts.any_password(tx):
                return ""
        return links.printed(database, Ledger(open_vault(settings).keys), settings.url, time.time())
