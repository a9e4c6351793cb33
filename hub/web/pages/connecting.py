"""Connecting: the way from an installed connector to a team's first written-back draft, one step after the other."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Blueprint, flash, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from hub.bootstrap import Hub
from hub.configure import by_hand, tryouts
from hub.errors import BadRequest, Conflict, InlayError, InvalidInputs, UnknownName
from hub.quality import RULES, quality_of, section
from hub.sdk import Connector
from hub.store import connections, teams
from hub.templates import Template
from hub.web import connection_view, first_draft, settings_form
from hub.web.auth import Identity, need_admin, whoever
from hub.web.connection_view import Shown
from hub.web.pages import trying
from hub.web.pages.connectors import WAIT
from hub.web.pages.help import rendered
from hub.web.stand_ins import StandIns

View = TypeVar("View", bound=Callable[..., Any])


def for_admins(view: View) -> View:
    """Let nobody else in."""

    @wraps(view)
    def guarded(*args: Any, **named: Any) -> Any:
        need_admin(whoever())
        return view(*args, **named)

    return cast(View, guarded)


def blueprint(hub: Hub, stand_ins: StandIns) -> Blueprint:
    page = Blueprint("connecting", __name__)

    @page.get("/connectors/new")
    @for_admins
    def every() -> str:
        offered = [(one, quality_of(one), _gets(one)) for one in hub.registry.connectors.values()]
        failed = [plugin for plugin in hub.registry.plugins if plugin.error]
        return render_template("connectors_new.html", offered=offered, failed=failed)

    @page.get("/connectors/new/<connector>")
    @for_admins
    def begin(connector: str) -> str:
        return _begin(_installed(hub, connector))

    @page.post("/connectors/new/<connector>")
    @for_admins
    def make(connector: str) -> Response | tuple[str, int]:
        found, name = _installed(hub, connector), request.form.get("name", "").strip()
        given = settings_form.read(found.settings, request.form)
        faults, wrong = settings_form.faults(found.settings, given), ""
        try:
            by_hand.check_name(name)
            if not faults:
                sandbox = request.form.get("sandbox") == "yes"
                by_hand.make(hub, whoever().actor(), name, connector, given, sandbox=sandbox)
        except (BadRequest, Conflict) as error:
            wrong = " ".join(part for part in (error.what, error.why, error.instead) if part)
        if faults or wrong:
            form = settings_form.form(found.settings, typed=request.form, faults=faults)
            return _begin(found, form=form, name=name, wrong=wrong), 422
        tryouts.begin(hub, name, wait=WAIT)
        return redirect(url_for("connecting.set_up", name=name), 303)

    @page.post("/connectors/new/<connector>/sandbox")
    @for_admins
    def try_sandbox(connector: str) -> Response:
        found = _installed(hub, connector)
        name = _free_name(hub, f"{connector.replace('_', '-')}-sandbox")
        given = stand_ins.start(found, name)
        try:
            by_hand.make(hub, whoever().actor(), name, connector, given, sandbox=True)
        except InlayError:
            stand_ins.forget(name)
            raise
        tryouts.begin(hub, name, wait=WAIT)
        flash("The sandbox runs on the hub's machine, with sample data. Nothing in it reaches anybody else.", "done")
        return redirect(url_for("connecting.set_up", name=name), 303)

    @page.post("/connectors/<name>/sandbox")
    @for_admins
    def restart_sandbox(name: str) -> Response:
        shown = connection_view.seen(hub, whoever(), name)
        if shown.connector is None or not shown.row.sandbox:
            raise BadRequest("This connection leads to no sandbox.", instead="Look at its page.")
        by_hand.own_to_change(shown.row)
        if not stand_ins.answers(name):
            given = stand_ins.start(shown.connector, name, stand_ins.port_of(name))
            by_hand.change(hub, whoever().actor(), name, {**by_hand.settings_of(hub, shown.row), **given})
        tryouts.begin(hub, name, wait=WAIT)
        flash("The sandbox runs again, with its sample data as at first.", "done")
        return redirect(url_for("connectors.show", name=name), 303)

    @page.get("/connectors/<name>/set-up")
    @for_admins
    def set_up(name: str) -> str:
        return render_template("connection_set_up.html", **_step(hub, stand_ins, whoever(), name))

    @page.post("/connectors/<name>/set-up/teams")
    @for_admins
    def choose_teams(name: str) -> Response:
        chosen = request.form.getlist("team")
        for team in chosen:
            by_hand.switch(hub, whoever().actor(), name, team, True)
        if not chosen:
            flash("Tick the teams that may use it.", "error")
        return redirect(f"{url_for('connecting.set_up', name=name)}#first", 303)

    @page.post("/connectors/<name>/set-up/first")
    @for_admins
    def first(name: str) -> Response | tuple[str, int]:
        identity, shown = whoever(), connection_view.seen(hub, whoever(), name)
        team, sent = request.form.get("team", ""), request.form.to_dict()
        template = _template(hub, shown, team, request.form.get("template", ""))
        if template is None or shown.connector is None:
            raise UnknownName("This template does not fit here.", instead="Pick one that the page offers.")
        try:
            run = first_draft.start(hub, identity, shown.connector, name, team, template, sent)
        except InvalidInputs as error:
            form = trying.Form(sent.get("nonce", ""), sent, error.fields, team)
            return render_template(
                "connection_set_up.html", **_step(hub, stand_ins, identity, name, form, template)
            ), 422
        except InlayError as error:
            flash(" ".join(part for part in (error.what, error.why, error.instead) if part), "error")
            return redirect(f"{url_for('connecting.set_up', name=name)}#first", 303)
        if run.problem is None:
            flash("This is the first draft over the new connection. Its receipt below says where it stands.", "done")
        return redirect(url_for("run.show", run_id=run.id), 303)

    return page


def _begin(connector: Connector, **given: Any) -> str:
    said = {"form": None, "name": connector.name.replace("_", "-"), "wrong": "", **given}
    said["form"] = said["form"] or settings_form.form(connector.settings)
    return render_template(
        "connection_new.html",
        connector=connector,
        ships_sandbox=connector.sandbox() is not None,
        set_up=_section(connector, "Set up"),
        quality=quality_of(connector),
        rules=RULES,
        **said,
    )


def _step(
    hub: Hub,
    stand_ins: StandIns,
    identity: Identity,
    name: str,
    form: trying.Form | None = None,
    template: Template | None = None,
) -> dict[str, Any]:
    """Everything the page of a set-up shows, as far as it has come."""
    shown = connection_view.seen(hub, identity, name)
    with hub.database.reading() as tx:
        all_teams = teams.every(tx)
    team = form.team if form else request.args.get("team", "")
    team = team if team in shown.teams else next(iter(shown.teams), "")
    fitting = first_draft.fitting(hub, shown.connector, team) if shown.connector and team else []
    wanted = request.args.get("template", "")
    template = template or next((one for one in fitting if one.name == wanted), next(iter(fitting), None))
    sample = stand_ins.sample(shown.connector, name) if shown.connector and shown.row.sandbox else {}
    place = stand_ins.page(name, sample)
    return {
        "shown": shown,
        "busy": connection_view.under_way(hub, shown.tryout),
        "all_teams": all_teams,
        "team": team,
        "fitting": fitting,
        "template": template,
        "inputs": first_draft.inputs_of(template) if template else (),
        "form": form or trying.Form(secrets.token_hex(16)),
        "place": form.typed.get(first_draft.PLACE, "") if form else place,
        "sandbox_page": place,
        "asks_for_place": shown.connector is not None and _asks_for_place(shown.connector),
        "check": _section(shown.connector, "If it did not") if shown.connector else "",
    }


def _asks_for_place(connector: Connector) -> bool:
    return type(connector).target_of is not Connector.target_of


def _template(hub: Hub, shown: Shown, team: str, name: str) -> Template | None:
    """A template that fits, for a team that may use the connection."""
    if shown.connector is None or team not in shown.teams:
        return None
    return next((one for one in first_draft.fitting(hub, shown.connector, team) if one.name == name), None)


def _installed(hub: Hub, name: str) -> Connector:
    """
    Raises:
        UnknownName: no connector of this name is installed.
    """
    found = hub.registry.connectors.get(name)
    if found is None:
        raise UnknownName("No connector of this name is installed.", instead="Look at the list of connectors.")
    return found


def _free_name(hub: Hub, wanted: str) -> str:
    with hub.database.reading() as tx:
        taken = {row.name for row in connections.every(tx)}
    return next(
        name for number in range(1, 1000) if (name := f"{wanted}-{number}" if number > 1 else wanted) not in taken
    )


def _gets(connector: Connector) -> str:
    """The first sentences of what its README says one gets, as plain text."""
    said = section(connector, "What you get").split("\n\n")[0]
    plain = re.sub(r"[*_`]|\[([^]]*)\]\([^)]*\)", r"\1", " ".join(said.split()))
    return " ".join(re.split(r"(?<=[.!?])\s", plain)[:2])


def _section(connector: Connector, heading: str) -> Markup:
    return rendered(section(connector, heading))
