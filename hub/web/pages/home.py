"""Home: here is the tool, the workflow, where to get help; what waits for you, and what you did last."""

from __future__ import annotations

from flask import Blueprint, render_template

from hub.bootstrap import Hub
from hub.web import home_view
from hub.web.api.catalog import connections_of
from hub.web.auth import whoever
from hub.web.pages import help, trying
from hub.web.visitor import Uses

#: Runs listed, and templates shown at once.
_RECENT, _SHOWN = 6, 6


def blueprint(hub: Hub) -> Blueprint:
    page = Blueprint("home", __name__)
    uses = Uses(hub)

    @page.get("/")
    def show() -> str:
        identity = whoever()
        templates = home_view.workflows(hub, identity, uses)
        needing = home_view.waiting(hub, identity)
        return render_template(
            "home.html",
            runs=home_view.mine(hub, identity, _RECENT),
            templates=templates[:_SHOWN],
            more=templates[_SHOWN:],
            doors=home_view.doors(hub, identity),
            cautions=[one for one in connections_of(hub, identity) if one["caution"]],
            helpers=home_view.helpers(templates),
            to_ask=home_view.to_ask(hub, identity),
            steps=home_view.next_steps(hub, identity),
            form=trying.fresh(),
            ways=trying.ways(hub, identity),
            to_review=home_view.to_review(hub, identity),
            needing=needing[: home_view.LISTED],
            needing_more=len(needing) - home_view.LISTED,
            guides=help.guides(),
        )

    return page
