"""Tries what a connection to an org needs, and says for each thing that fails the one fix, and who can do it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from connectors.salesforce import needs
from connectors.salesforce.client import Client
from connectors.salesforce.describe import Described, Field
from connectors.salesforce.needs import Needs
from connectors.salesforce.refusals import ADMIN
from connectors.salesforce.settings import LOGIN, TEST, SalesforceSettings
from hub.sdk import Connection, InlayError, Json, OutOfQuota, Probe

_ASSIGN = "Assign the permission set AI_Hub_Integration to the integration user; if it has it, deploy Inlay's package."
_DEPLOY = "Deploy Inlay's package again: the org's copy is older or was changed."


def check(connection: Connection) -> list[Probe]:
    """``token``, ``organization``, ``sandbox``, ``output…``, ``request…``, ``usage`` and ``inbound``; ``task…`` and
    ``record_fields`` where the settings ask for them. What depends on a probe that failed is not tried.

    Works past the share of API calls too: it makes about five.
    """
    settings: SalesforceSettings = connection.settings
    client = Client(connection, share=1.0)
    probes = [_try("token", "Sign in to Salesforce", client.sign_in)]
    if probes[0].ok:
        try:
            probes.extend(_calls(client, settings))  # Keeps those before a call that is refused.
        except OutOfQuota as spent:
            probes.append(_unused(spent.what))
    return [*probes, _inbound(settings)]


def _calls(client: Client, settings: SalesforceSettings) -> Iterator[Probe]:
    org: list[Json] = []
    probe = _try("organization", "Ask the org who it is", lambda: org.append(client.organization()))
    if not probe.ok:
        yield probe
        return
    yield from _organization(org[0], settings)
    yield from _object(client, needs.OUTPUT, "output")
    yield from _object(client, needs.REQUEST, "request")
    if settings.tasks:
        yield from _object(client, needs.TASK, "task")
    if settings.record_fields:
        yield _record_fields(client, settings)
    yield _usage(client, settings)


def _organization(org: Json, settings: SalesforceSettings) -> Iterator[Probe]:
    same = str(org.get("Id"))[:15] == settings.organization_id[:15]
    yield _probe(
        "organization",
        same,
        "The org is the one the settings name" if same else "The org is another than organization_id names",
        "Correct organization_id, or domain, so that both are of the same org: Setup, Company Information.",
        "an admin",
    )
    sandbox = bool(org.get("IsSandbox"))
    kind, audience = ("a sandbox", TEST) if sandbox else ("no sandbox", LOGIN)
    fits = sandbox == (settings.login_audience == TEST)
    yield _probe(
        "sandbox",
        fits,
        f"The org is {kind}, as login_audience says" if fits else f"The org is {kind}; login_audience says otherwise",
        f"If this is the org you mean, set login_audience to {audience}; if not, correct domain.",
        "an admin",
    )


def _object(client: Client, need: Needs, id: str) -> Iterator[Probe]:
    seen: list[Described] = []
    probe = _try(id, f"See the object {need.object}", lambda: seen.append(client.describe(need.object)))
    if not probe.ok:
        yield probe
        return
    object = seen[0]
    may = object.updateable and (object.createable or not need.creates)
    verb = "create and edit" if need.creates else "edit"
    can = "may" if may else "may not"
    yield _probe(id, may, f"The integration user {can} {verb} {need.object}", _ASSIGN, ADMIN)
    if may:
        yield from _fields(object, need, id)


def _fields(object: Described, need: Needs, id: str) -> Iterator[Probe]:
    known = object.fields
    unseen = [name for name in (*need.writes, *need.reads) if name not in known]
    barred = [name for name in need.writes if name in known and not _writable(known[name], need)]
    what = f"The fields of {need.object} can be used"
    if unseen or barred:
        told = [f"cannot be seen: {', '.join(unseen)}"] * bool(unseen)
        told += [f"cannot be written: {', '.join(barred)}"] * bool(barred)
        what = f"Fields of {need.object} {'; '.join(told)}"
    yield _probe(f"{id}_fields", not (unseen or barred), what, _ASSIGN, ADMIN)
    key = known.get(need.key)
    if key:
        yield _key(key, need, id)
    short = [
        f"{name} ({known[name].length:,} of {length:,})"
        for name, length in need.lengths.items()
        if name in known and known[name].length < length
    ]
    if need.lengths:
        what = (
            f"Fields of {need.object} are too short: {', '.join(short)}" if short else f"{need.object} is long enough"
        )
        yield _probe(f"{id}_lengths", not short, what, _DEPLOY, ADMIN)
    lacking = [
        f"{name} ({', '.join(gone)})"
        for name, wanted in need.values.items()
        if name in known and (gone := [one for one in wanted if one not in known[name].values])
    ]
    if need.values:
        what = (
            f"Lists of {need.object} lack values: {', '.join(lacking)}" if lacking else f"{need.object} has its values"
        )
        yield _probe(f"{id}_values", not lacking, what, _DEPLOY, ADMIN)


def _writable(field: Field, need: Needs) -> bool:
    return field.updateable and (field.createable or not need.creates)


def _key(key: Field, need: Needs, id: str) -> Probe:
    wrong = [
        *(["an external id"] if not key.external_id else []),
        *(["unique"] if not key.unique else []),
        *([f"{needs.KEY_LENGTH} characters long"] if key.length < needs.KEY_LENGTH else []),
    ]
    what = f"{need.object}.{key.name} is not {' and not '.join(wrong)}" if wrong else f"{need.object} has its key"
    fix = f"Set {key.name} to external id, unique and {needs.KEY_LENGTH} characters: Setup, Object Manager."
    return _probe(f"{id}_key", not wrong, what, f"{fix} Without it one output could be written twice.", ADMIN)


def _record_fields(client: Client, settings: SalesforceSettings) -> Probe:
    barred: list[str] = []

    def look() -> None:
        for one in settings.record_fields:
            object, _, name = one.partition(".")
            field = client.describe(object).fields.get(name)
            if field is None or not field.updateable:
                barred.append(one)

    probe = _try("record_fields", "See the fields drafts may go into", look)
    if not probe.ok or not barred:
        return probe
    return _probe(
        "record_fields",
        False,
        f"The integration user may not write {', '.join(barred)}",
        "Give the integration user edit access to the field, or take it out of record_fields.",
        ADMIN,
    )


def _usage(client: Client, settings: SalesforceSettings) -> Probe:
    used = client.usage
    if used.part is None:
        return Probe(id="usage", ok=True, what="Salesforce does not tell how many API calls are used")
    told = f"{used.used:,} of {used.total:,} API calls of the last 24 hours are used"
    if used.part < settings.api_share:
        return Probe(id="usage", ok=True, what=told)
    return _unused(f"{told}, more than the share of {settings.api_share:.0%}: Inlay waits")


def _unused(what: str) -> Probe:
    fix = "Find out what uses the calls (Setup, API Usage) and slow it down, or buy more; Inlay goes on by itself."
    return _probe("usage", False, what, fix, ADMIN)


def _inbound(settings: SalesforceSettings) -> Probe:
    missing = [name for name in ("inbound_token", "action_ids") if not getattr(settings, name)]
    return Probe(
        id="inbound",
        ok=not missing,
        what="Outbound messages are taken: requests start at once"
        if not missing
        else f"No outbound message is taken ({' and '.join(missing)} not set): requests wait for the sweep",
        fix=f"Set {' and '.join(missing)}: the connector's guide says where they come from." if missing else "",
        who="an admin" if missing else "",
        optional=True,
    )


def _probe(id: str, ok: bool, what: str, fix: str, who: str) -> Probe:
    # Without tasks or fields to write directly, outputs still arrive as records of their own.
    optional = id.startswith("task") or id == "record_fields"
    if ok:
        return Probe(id=id, ok=True, what=what, optional=optional)
    return Probe(id=id, ok=False, what=what, fix=fix, who=who, optional=optional)


def _try(id: str, what: str, act: Callable[[], None]) -> Probe:
    try:
        act()
    except OutOfQuota:
        raise
    except InlayError as error:
        fix = error.instead or "Check the setting domain and this machine's network, then try again."
        return _probe(id, False, f"{what}: {error.what}", fix, error.who if error.instead else "an admin")
    return _probe(id, True, what, "", "")
