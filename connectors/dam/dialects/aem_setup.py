"""Setting AEM up: what an admin enters at Adobe, and the probes that say which part of it is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from connectors.dam.client import client_of
from connectors.dam.dialects import adobe_ims, adobe_keys, aem_api
from connectors.dam.settings import DamSettings
from hub.sdk import Conflict, Connection, InlayError, NeedsPermission, Probe, TargetGone, VendorRefused

AEM = "an AEM admin"
#: No state of an asset has this name, so that a conditional write to one changes nothing.
_NO_STATE = '"inlay-probe-of-no-state"'
_PROFILE = (
    "Add the project's technical account to a group that may {verb} the assets: in the Adobe Developer Console, give "
    "the credential a product profile of this author; and list its client id in the environment's api.yaml "
    "(`inlay connectors manifest` prints it)."
)


def probes(connection: Connection) -> list[Probe]:
    """``sign_in``, ``list``, ``read``, ``write`` and ``keys``. What depends on a probe that failed is not tried."""
    return [*_account(connection), _keys(connection)]


def steps(settings: DamSettings, url: str) -> dict[str, str]:
    """What an admin enters in the Adobe Developer Console, and the file of the AEM environment."""
    console = f"""\
1. At https://developer.adobe.com/console, create a project of your organisation.
2. Add API > AEM Assets Author API > OAuth Server-to-Server. Give it a product profile of {settings.host} whose members
   may edit the metadata of the assets Inlay works on. Copy client id and client secret into the connection's settings.
3. Deploy api.yaml (beside this file) with the configuration pipeline of Cloud Manager, so that the author takes calls
   of this project.
4. Add to Project > Event > AEM Assets, choose the environment of {settings.host}, and these events:
   Asset processing completed, Asset metadata updated; and Asset created, updated, deleted if you start workflows on
   them. Delivery: Webhook, single or batch.
5. Webhook URL: {url}
   Adobe asks there whether it is yours; Inlay answers by itself.
6. Change the metadata of an asset once with Inlay, look in AEM who changed it, and put that name into own_actors.
"""
    api = f"""\
# config/api.yaml of the AEM project, for the configuration pipeline of Cloud Manager.
kind: "API"
version: "1.0"
metadata:
  envTypes: ["dev", "stage", "prod"]
data:
  allowedClientIDs:
    author:
      - "{settings.client_id}"
"""
    return {"adobe-developer-console.txt": console, "api.yaml": api}


def _account(connection: Connection) -> Iterator[Probe]:
    signed = _try("sign_in", "Sign in at Adobe", lambda: adobe_ims.sign_in(connection).token(), "", adobe_ims.CONSOLE)
    yield signed
    if not signed.ok:
        return
    found: list[str] = []

    def look() -> None:
        hits, _ = aem_api.query(connection, [("p.limit", "1"), ("orderby", "@jcr:created"), ("orderby.sort", "desc")])
        found.extend(aem_api.ids(hits))

    listed = _try("list", "List assets (query builder)", look, _PROFILE.format(verb="read"), AEM)
    yield listed
    if not listed.ok:
        return
    if not found:
        fix = "Upload an asset, or let the account see the folders that hold them; then try again."
        yield Probe(id="read", ok=False, what="The account sees no asset at all", fix=fix, who=AEM)
        return
    read = _try(
        "read",
        "Read an asset's metadata (Assets Author API)",
        lambda: aem_api.metadata(connection, found[0]),
        _PROFILE.format(verb="read"),
        AEM,
    )
    yield read
    if read.ok:
        yield _try(
            "write",
            "Write an asset's metadata (tried without changing anything)",
            lambda: _dry(connection, found[0]),
            _PROFILE.format(verb="edit"),
            AEM,
        )


def _dry(connection: Connection, id: str) -> None:
    """Removes a property nobody has, on condition of a state the asset is not in: nothing can come of it. An account
    that may not write is refused with 403 all the same; every other refusal is of the change."""
    try:
        aem_api.call(
            connection,
            "PATCH",
            f"/adobe/assets/{id}/metadata",
            headers={"content-type": "application/json-patch+json", "if-match": _NO_STATE},
            body=b'[{"op": "remove", "path": "/inlay_probe_of_nothing"}]',
        )
    except (Conflict, TargetGone, VendorRefused):
        return


def _keys(connection: Connection) -> Probe:
    what = f"Reach {adobe_keys.HOST}, which has the keys Adobe signs events with"
    fix = f"Let the machine Inlay runs on call https://{adobe_keys.HOST}."

    def reach() -> None:
        # There is no list of keys, so any answer will do.
        client_of(connection).raw("GET", f"https://{adobe_keys.HOST}/prod/keys/", timeout=5.0)

    return _try("keys", what, reach, fix, "an admin")


def _try(id: str, what: str, act: Callable[[], object], fix: str, who: str) -> Probe:
    try:
        act()
    except InlayError as error:
        # Of a missing permission the probe knows more than the error does.
        said = fix if fix and (isinstance(error, NeedsPermission) or not error.instead) else error.instead
        said = said or "Check host and credentials in the settings and this machine's network, then try again."
        return Probe(id=id, ok=False, what=f"{what}: {error.what}", fix=said, who=who)
    return Probe(id=id, ok=True, what=what)
