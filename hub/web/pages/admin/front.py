"""The admin's front page: what needs somebody now, with the fix and who, and the way to everything else."""

from __future__ import annotations

from dataclasses import asdict

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from hub import doctor
from hub.bootstrap import Hub
from hub.domain import Probe
from hub.pipeline import money
from hub.store import links, teams
from hub.web import check_ups
from hub.web.check_ups import Told

_KIND = "doctor"


def add(page: Blueprint, hub: Hub) -> None:
    """Add the page and its button."""

    @page.get("/admin")
    def every() -> str:
        now, last = hub.parts.clock(), check_ups.get(hub, _KIND)
        with hub.database.reading() as tx:
            named = {email: name for email, name, _, _ in teams.people(tx)}
            invited = [(named.get(email, email), until) for email, until in links.waiting(tx, now).items()]
            ids = [team.id for team in teams.every(tx)]
        tight = [one for team in ids for one in money.of_team(hub.parts, team) if _is_tight(one)]
        probes = _probes(hub, (last.found or {}).get("probes", []) if last else [])
        return render_template(
            "admin/front.html",
            wrong=[one for one in probes if not one.ok and not one.optional],
            notes=[one for one in probes if not one.ok and one.optional],
            fine=sum(one.ok for one in probes),
            last=last,
            running=last is not None and last.runs(now),
            invited=sorted(invited, key=lambda one: one[1]),
            tight=tight,
        )

    @page.post("/admin/check")
    def check() -> Response:
        def work(told: Told) -> dict[str, object]:
            found: list[dict[str, object]] = []
            for number, probe in enumerate(doctor.around_and_inside(hub), start=1):
                found.append(asdict(probe))
                told(number)
            return {"probes": found}

        if check_ups.start(hub, _KIND, 0, work):
            flash("Everything is being tried now, connections and models too. Look again in a moment.", "done")
        else:
            flash("A check is under way already.", "error")
        return redirect(url_for("admin.every"), 303)


def _probes(hub: Hub, kept: list[dict[str, object]]) -> list[Probe]:
    """What the last full check found, with what is known this moment in the place of what was known then."""
    fresh = list(doctor.at_a_glance(hub))
    looked_at = ("plugin", "plugins", "policy", "heads", "evidence", "webhook", "team")
    old = [Probe(**one) for one in kept if str(one["id"]).split(" ")[0] not in looked_at]  # type: ignore[arg-type]
    return fresh + old


def _is_tight(one: money.Budget) -> bool:
    stands = one.standing
    return stands.used_micros >= stands.warn_at * stands.limit_micros
