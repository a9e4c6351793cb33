"""Tries what a connection to Google needs to do, and says for each thing that fails what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from connectors.google_docs.client import GoogleClient, client_of
from hub.sdk import Connection, InlayError, NeedsPermission, Probe, TargetGone

#: Google refuses a service account's signed request when the clocks are further apart than some minutes.
CLOCK_SECONDS = 60
_NO_DOCUMENT = "inlay-connection-check-this-document-does-not-exist"


def check(connection: Connection) -> list[Probe]:
    """Four probes: ``token``, ``docs``, ``drive``, ``clock``. Without a token the others are not tried."""
    client = client_of(connection)
    token = _try("token", "Sign in to Google", client.authorize)
    return [token, *(_calls(client) if token.ok else ())]


def _calls(client: GoogleClient) -> Iterator[Probe]:
    yield _try("docs", "Reach the Google Docs API", lambda: _read_nothing(client))
    yield _try("drive", "Reach the Google Drive API", client.drive_answers)
    offset = client.clock_offset
    if offset is not None and abs(offset) > CLOCK_SECONDS:
        yield Probe(
            id="clock",
            ok=False,
            what=f"This machine's clock is {abs(offset):.0f} s {'behind' if offset > 0 else 'ahead of'} Google's.",
            fix="Switch on time synchronisation (NTP) on the machine that runs Inlay.",
            who="an admin",
        )
    else:
        yield Probe(id="clock", ok=True, what="This machine's clock agrees with Google's.")


def _read_nothing(client: GoogleClient) -> None:
    """Asks for a document that does not exist: "not found" says that the API is on and the token is accepted."""
    try:
        client.document(_NO_DOCUMENT)
    except TargetGone:
        return


def _try(name: str, what: str, act: Callable[[], None]) -> Probe:
    try:
        act()
    except NeedsPermission as error:
        fix = error.instead
        if name in ("docs", "drive"):
            fix = f"{fix} Check too that the Google {name.title()} API is enabled in the Google Cloud project."
        return Probe(id=name, ok=False, what=f"{what}: {error.what}", fix=fix, who="an admin")
    except InlayError as error:
        fix = error.instead or "Check the addresses in the settings and this machine's network, then try again."
        return Probe(id=name, ok=False, what=f"{what}: {error.what}", fix=fix, who="an admin")
    return Probe(id=name, ok=True, what=what)
