"""``inlay serve``: the web server with its pages and API, working on runs in the background."""

from __future__ import annotations

import click


@click.command("serve")
@click.option("--host", help="Address to listen on; INLAY_HOST when left out.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on; INLAY_PORT when left out.")
def command(host: str | None, port: int | None) -> None:
    """Serve pages and API, and work on runs."""
    from hub.settings import load
    from hub.web.server import serve

    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    serve(load(**given))
