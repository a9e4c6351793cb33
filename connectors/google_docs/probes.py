"""Tries what a connection to Google needs to do, and says for each thing that fails what to do about it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

from connectors.google_docs import suggest
from connectors.google_docs.client import GoogleClient, Rejected, client_of
from connectors.google_docs.document import read
from connectors.google_docs.settings import GoogleDocsSettings
from connectors.google_docs.tokens import Certificates
from hub.sdk import ConfigurationError, Connection, InlayError, NeedsPermission, Probe, TargetGone

#: Google refuses a service account's signed request when the clocks are further apart than some minutes.
CLOCK_SECONDS = 60
_NO_DOCUMENT = "inlay-connection-check-this-document-does-not-exist"


def check(connection: Connection) -> list[Probe]:
    """Five probes: ``token``, ``docs``, ``drive``, ``clock``, ``suggestions``. Without a token the others are not
    tried. Two more, ``certificates`` and ``cards``, where an add-on is set up: a connection may then have no account of
    its own.
    """
    settings: GoogleDocsSettings = connection.settings
    addons = list(_addons(connection, settings))
    if addons and not (settings.service_account or settings.access_token):
        own = "No account of its own: each person writes in their own name, from the add-on in the document."
        return [Probe(id="token", ok=True, what=own), *addons]
    client = client_of(connection)
    token = _try("token", "Sign in to Google", client.authorize)
    calls = list(_calls(client)) if token.ok else []
    if calls and all(probe.ok for probe in calls if probe.id in ("docs", "drive")):
        calls.append(_suggestions(connection, client))
    return [token, *calls, *addons]


def _addons(connection: Connection, settings: GoogleDocsSettings) -> Iterator[Probe]:
    cards = ("addon_urls", "addon_service_account", "addon_oauth_client_id")
    missing = [name for name in cards if not getattr(settings, name)]
    if settings.addon_client_ids or len(missing) < len(cards):
        yield _try("certificates", "Reach Google's certificates", lambda: _certificates(connection))
    # The address alone is there first: the files for Google are made from it, and Google gives the ids for them.
    if settings.addon_service_account or settings.addon_oauth_client_id:
        if not missing:
            yield Probe(id="cards", ok=True, what="The settings of the card add-on are complete")
            return
        fix = f"Write {' and '.join(missing)} into the settings: the guide to the add-ons says where to read them."
        yield Probe(id="cards", ok=False, what="The card add-on lets nobody in", fix=fix, who="an admin")


def _certificates(connection: Connection) -> None:
    try:
        Certificates(connection).fetch(time.time())
    except ConfigurationError as error:
        raise NeedsPermission(f"{error}", instead="A sandbox's certs_url is an address of this machine.") from None


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


def _suggestions(connection: Connection, client: GoogleClient) -> Probe:
    """Writes a suggestion into a scratch document, reads it back, and deletes the document.

    What is found is remembered: drafts that wait for review are then written accordingly. A project Google has not
    switched suggestions on for either refuses them or, worse, takes them as edits without a word.
    """
    try:
        scratch = client.create("Inlay connection check: this document deletes itself")
    except InlayError:
        untried = "Suggestions are tried with the first draft: this account may not create a document to try them on."
        return Probe(id="suggestions", ok=True, what=untried)
    try:
        document = read(client.document(scratch))
        words = [{"insertText": {"location": document.tabs[0].body.location(1), "text": "Suggested"}}]
        try:
            client.batch(scratch, words, document.revision, suggest=True)
        except Rejected:
            found, how = False, "Google refuses them"
        else:
            body = read(client.document(scratch)).tabs[0].body
            found, how = any(comes_in for *_, comes_in in body.suggested), "Google writes them into the text directly"
    except InlayError as error:
        fix = "Run this check again in a moment."
        what = f"Try a suggestion: {error.what}"
        return Probe(id="suggestions", ok=False, what=what, fix=fix, who="an admin", optional=True)
    finally:
        with contextlib.suppress(InlayError):
            client.delete(scratch)
    suggest.learn(connection, found)
    if found:
        return Probe(id="suggestions", ok=True, what="Drafts that wait for review are written as suggestions")
    return Probe(
        id="suggestions",
        ok=False,
        what=f"Suggestions do not work here: {how}. Drafts are written directly, under a line that says so.",
        fix="Google switches suggestions on per Cloud project: enrol yours in the Google Workspace Developer Preview "
        "Program, then check again. Nothing else depends on it.",
        who="an admin",
        optional=True,
    )


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
