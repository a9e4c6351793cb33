"""The templates: what each is for, what it needs, where to get help, and a form to try it."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from hub.bootstrap import Hub
from hub.errors import InvalidInputs
from hub.sdk import Picture
from hub.web.api.answering import run_of
from hub.web.api.catalog import offered, template_of
from hub.web.auth import whoever
from hub.web.pages import trying


def blueprint(hub: Hub) -> Blueprint:
    page = Blueprint("templates", __name__)

    @page.get("/templates")
    def every() -> str:
        identity = whoever()
        found = [one for one in hub.parts.shelf.every() if offered(one, identity)]
        return render_template("templates.html", templates=found)

    @page.get("/templates/<name>")
    def show(name: str) -> str:
        identity = whoever()
        again = request.args.get("again")
        form = trying.again(identity, run_of(hub, identity, again)) if again else trying.fresh()
        return render_template("template.html", template=template_of(hub, identity, name), form=form)

    @page.post("/templates/<name>")
    def start(name: str) -> tuple[str, int] | Response:
        identity = whoever()
        template = template_of(hub, identity, name)
        sent = request.form.to_dict()
        try:
            run = trying.start(hub, identity, template, sent, _picture(request.files.get("picture")))
        except InvalidInputs as error:
            form = trying.Form(sent.get("nonce", ""), sent, error.fields, sent.get("team", ""))
            return render_template("template.html", template=template, form=form), 422
        return redirect(url_for("run.show", run_id=run.id), 303)

    return page


def _picture(sent: FileStorage | None) -> Picture | None:
    """The picture of the form; a field left empty arrives as a file without a name."""
    if sent is None or not sent.filename:
        return None
    return Picture(media_type=sent.mimetype, data=sent.read())
