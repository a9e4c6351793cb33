"""Export: the whole stored configuration as a hub.yaml, which `inlay apply` finds to be in force as it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined, to_jsonable_python

from hub.bootstrap import Hub
from hub.configure.reading import is_reference
from hub.configure.standing import Standing, standing
from hub.configure.yaml_lines import LARGEST
from hub.pipeline.channel import ADDRESS, SLACK
from hub.pipeline.routes import ORIGIN
from hub.store.budgets import EACH, TEAM, WARN_AT, Allowance
from hub.store.connections import ConnectionRow

_HEAD = """\
# The configuration of this hub as it stands. With the same secrets `inlay apply` finds nothing to change in it;
# what was made on the pages is kept in this file from then on.
# What it does not hold: runs, the ledger, API keys, templates, and settings that are environment variables.
"""
_SECRETS = """\
# Secrets are not written here. Set these environment variables before you apply it; each line says what it is:
"""


@dataclass(frozen=True, slots=True)
class Exported:
    """``text`` is the file; ``secrets`` maps the environment variables it names to what belongs into each; ``notes``
    say what it leaves out and what keeps it from being applied as it is."""

    text: str
    secrets: Mapping[str, str]
    notes: tuple[str, ...] = ()


def export(hub: Hub) -> Exported:
    """What is stored, as a hub.yaml. No secret is in it, not even a sealed one."""
    with hub.database.reading() as tx:
        now = standing(hub, tx)
    named = _Names()
    data: dict[str, Any] = {
        "policy": dict(now.policy),
        "teams": {name: dict(_team(now, name)) for name in now.teams},
        "people": {
            email: {"name": name, "roles": {team: role.value for team, role in sorted(roles.items())}}
            for email, (name, roles) in now.people.items()
        },
        "sign_in": _sign_in(now),
        "connections": {name: dict(_connection(now, row, named)) for name, row in now.connections.items()},
        "enablements": _enablements(now),
        "workflows": _workflows(now),
        "webhooks": {name: dict(_webhook(now, name, named)) for name in now.endpoints},
        "evidence": {id: dict(_evidence(now, id)) for id in now.evidence},
    }
    notes = list(_notes(now))
    if (entries := len(data["evidence"])) and len(_written({"evidence": data["evidence"]})) > LARGEST // 2:
        data["evidence"] = {}
        notes.append(
            f"The {entries:,} entries of the evidence register are left out: they are too long for a hub.yaml."
        )
    told = "".join(f"#   {name}  {what}\n" for name, what in named.secrets.items())
    body = _written({section: value for section, value in data.items() if value})
    left = "".join(f"# {note}\n" for note in notes)
    return Exported(f"{_HEAD}{_SECRETS + told if told else ''}{left}\n{body}", named.secrets, tuple(notes))


def _written(data: Mapping[str, Any]) -> str:
    given = {"sort_keys": False, "allow_unicode": True, "default_flow_style": False, "width": 120}
    return yaml.dump(dict(data), Dumper=_Plain, **given) if data else ""


def _notes(now: Standing) -> Iterator[str]:
    installed = now.hub.registry.connectors
    for name, row in now.connections.items():
        if row.connector not in installed:
            yield f"The connector {row.connector} of the connection {name} is not installed here."
        elif now.secrets_of(row) is None:
            yield f"No key in force opens the secrets of the connection {name}: they are not named."
        if row.paused:
            yield f"The connection {name} is paused; a hub.yaml does not say so."
    templates = {one.name for one in now.hub.parts.shelf.every()}
    for (team, name), flow in now.workflows.items():
        if flow.template not in templates:
            yield f"The template {flow.template} of the workflow {team}/{name} is not here."
        for target in flow.destinations:
            if target != ORIGIN and (target.connection, team) not in now.on:
                yield f"The workflow {team}/{name} writes to {target.connection}, which is off for the team."


class _Plain(yaml.SafeDumper):
    """Writes no alias: a hub.yaml may not hold one."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _quoted(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    # Between other quotes, or none, the end of a line that old terminals knew would be read back as a space.
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"' if "\x85" in text else None)


_Plain.add_representer(str, _quoted)


class _Names:
    """Names of environment variables, each once."""

    def __init__(self) -> None:
        self.secrets: dict[str, str] = {}

    def reference(self, *parts: str, what: str) -> str:
        """``$env:NAME`` for one more secret."""
        wanted = re.sub(r"[^A-Z0-9]+", "_", "_".join(parts).upper()).strip("_")
        name, number = wanted, 2
        while name in self.secrets:
            name, number = f"{wanted}_{number}", number + 1
        self.secrets[name] = what
        return f"$env:{name}"


def _sign_in(now: Standing) -> dict[str, Any]:
    groups = {name: {team: role.value for team, role in sorted(roles.items())} for name, roles in now.groups.items()}
    return {"groups": groups} if groups else {}


def _team(now: Standing, name: str) -> Iterator[tuple[str, Any]]:
    team = now.teams[name]
    yield "title", team.title
    if limits := now.budgets.get(name):
        yield "budget", dict(_budget(limits))
    if packs := team.policy.get("packs"):
        yield "packs", list(packs)
    if checks := team.policy.get("checks"):
        yield "policy", checks
    if team.review:
        yield "review", dict(team.review)


def _budget(limits: Any) -> Iterator[tuple[str, Any]]:
    by = {one.scope: one for one in limits}
    one: Allowance = next(iter(by.values()))
    if TEAM in by:
        yield "limit", _dollars(by[TEAM])
    if one.warn_at != WARN_AT:
        yield "warn_at", one.warn_at
    if not one.hard:
        yield "hard", False
    for scope, limit in by.items():
        if scope.kind == "person" and scope.name == EACH:
            yield "each_person", _dollars(limit)
    for key, kind in (("people", "person"), ("workflows", "workflow")):
        if found := {s.name: _dollars(limit) for s, limit in by.items() if s.kind == kind and s.name != EACH}:
            yield key, found


def _dollars(one: Allowance) -> int | float:
    whole, rest = divmod(one.limit_micros, 1_000_000)
    return whole if not rest else one.limit_micros / 1_000_000


def _connection(now: Standing, row: ConnectionRow, named: _Names) -> Iterator[tuple[str, Any]]:
    yield "connector", row.connector
    if row.sandbox:
        yield "sandbox", True
    connector = now.hub.registry.connectors.get(row.connector)
    usual = {} if connector is None else {k: _usual(field) for k, field in connector.settings.model_fields.items()}
    settings = {key: value for key, value in row.settings.items() if key not in usual or usual[key] != value}
    for key, value in settings.items():
        if is_reference(value):
            # It stands for itself. In a file it would name a variable or a file of whoever applies it.
            what = f"connection {row.name}: {key}, which is no secret and itself begins with $env: or $file:"
            settings[key] = named.reference(row.name, key, what=what)
    for key in sorted(now.secrets_of(row) or {}):
        settings[key] = named.reference(row.name, key, what=f"connection {row.name}: {key}")
    if settings:
        yield "settings", settings


def _usual(field: FieldInfo) -> Any:
    """What a setting is where nobody says anything, as it is stored."""
    return to_jsonable_python(field.get_default(call_default_factory=True), fallback=lambda _: PydanticUndefined)


def _enablements(now: Standing) -> dict[str, Any]:
    found: dict[str, dict[str, Any]] = {}
    for (connection, team), settings in now.on.items():
        found.setdefault(team, {})[connection] = dict(settings) if settings else True
    return {team: list(on) if all(value is True for value in on.values()) else on for team, on in sorted(found.items())}


def _workflows(now: Standing) -> dict[str, Any]:
    found: dict[str, dict[str, Any]] = {}
    for (team, name), flow in now.workflows.items():
        one: dict[str, Any] = {"template": flow.template}
        if flow.destinations:
            one["destinations"] = [
                {"origin": True} if target == ORIGIN else {"connection": target.connection, "at": dict(target.at)}
                for target in flow.destinations
            ]
        if flow.baseline_minutes is not None:
            minutes = flow.baseline_minutes
            one["baseline_minutes"] = int(minutes) if minutes == int(minutes) else minutes
        found.setdefault(team, {})[name] = one
    return found


def _webhook(now: Standing, name: str, named: _Names) -> Iterator[tuple[str, Any]]:
    one = now.endpoints[name]
    # A channel's address is a secret, and what follows a question mark may be one of the receiver's.
    what = f"webhook {name}: its whole address"
    sealed = one.format == SLACK or "?" in one.url
    yield "url", named.reference("webhook", name, "url", what=what) if sealed else one.url
    if one.format == SLACK:
        yield "format", SLACK
    yield "events", list(one.events)
    if one.team:
        yield "team", one.team
    kept = [key for key in sorted(now.opened(one.secrets) or {}) if key not in ("secret", ADDRESS)]
    for key in (*(() if one.format == SLACK else ("secret",)), *kept):
        yield key, named.reference("webhook", name, key, what=f"webhook {name}: {key}")
    if one.private:
        yield "private", True
    if one.state == "off":
        yield "enabled", False


def _evidence(now: Standing, id: str) -> Iterator[tuple[str, Any]]:
    one = now.evidence[id]
    for key in ("claim", "owner", "source", "team", "markets", "valid_from", "expires_on", "disclaimer"):
        if value := getattr(one, key):
            yield key, list(value) if key == "markets" else value
    if one.withdrawn:
        yield "withdrawn", True
