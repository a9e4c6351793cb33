"""The provenance of a run as a page: what made its text, who looked at it, and which rows of the ledger prove it."""

from __future__ import annotations

from flask import Blueprint, render_template

from hub.bootstrap import Hub
from hub.pipeline import provenance
from hub.web.api.answering import run_of
from hub.web.api.proofs import sees_names
from hub.web.auth import whoever


def blueprint(hub: Hub) -> Blueprint:
    page = Blueprint("provenance", __name__)

    @page.get("/runs/<run_id>/provenance")
    def show(run_id: str) -> str:
        identity = whoever()
        run = run_of(hub, identity, run_id)
        made = provenance.record(hub.parts, run, names=sees_names(identity, run.team))
        return render_template("provenance.html", made=made, run=run)

    return page
