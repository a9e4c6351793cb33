"""Makes the web application of one hub: guard, errors, headers, then the API, the webhooks and the pages."""

from __future__ import annotations

from datetime import timedelta

from apiflask import APIFlask
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

import hub as package
from hub.bootstrap import Hub
from hub.web import api, auth, connect, cross_origin, errors, headers, health, inbound, metrics, pages, panel_calls
from hub.web.api import described
from hub.web.pages import let_in
from hub.web.panels import Panels
from hub.web.rules import LazyRule


def create_app(hub: Hub) -> APIFlask:
    """The WSGI application of this hub. The hub is started and closed by whoever made it."""
    app = APIFlask(
        __name__, title="Inlay", version=package.__version__, docs_path=None, json_errors=False, static_folder="static"
    )
    app.url_rule_class = LazyRule
    https = hub.settings.url.startswith("https://")
    key, older = auth.signing_keys(hub)
    app.config.update(
        SECRET_KEY=key,
        SECRET_KEY_FALLBACKS=older,
        SESSION_COOKIE_NAME="inlay",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=https,
        PERMANENT_SESSION_LIFETIME=timedelta(days=hub.settings.session_days),
        SESSION_REFRESH_EACH_REQUEST=False,
        MAX_CONTENT_LENGTH=hub.settings.max_body_bytes,
        MAX_FORM_MEMORY_SIZE=hub.settings.max_body_bytes,
        MAX_FORM_PARTS=200,
        SEND_FILE_MAX_AGE_DEFAULT=3600,
        WTF_CSRF_TIME_LIMIT=12 * 3600,
        INLAY_URL=hub.settings.url,
        OPENAPI_VERSION="3.1.0",
        AUTO_SERVERS=False,
        INFO={"description": "Runs of a governed AI hub. Every error is an RFC 9457 problem."},
    )
    if hub.settings.trusted_proxies:
        # Only who asks: the address people use is a setting, and never what a header says.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hub.settings.trusted_proxies, x_proto=0, x_host=0)  # type: ignore[method-assign]
    counted = metrics.Metrics()
    panels = Panels(hub)
    metrics.install(app, counted)
    cross_origin.install(app, panels)
    auth.install(app, hub)
    errors.install(app)
    headers.install(app, https=https)

    csrf = CSRFProtect(app)
    # These take no cookies: a page elsewhere that makes a browser call them gains nothing.
    for machine in (
        api.blueprint(hub),
        inbound.blueprint(hub, counted),
        health.blueprint(hub, counted),
        panel_calls.blueprint(hub, panels),
    ):
        csrf.exempt(machine)
        app.register_blueprint(machine)
    for desk, page in connect.install(app, hub, counted, panels):
        csrf.exempt(page)
        app.register_blueprint(page, name=desk.name, url_prefix=desk.prefix)
    for page in (*pages.blueprints(hub), let_in.blueprint(hub, panels)):
        app.register_blueprint(page)
    described.install(app)
    for endpoint in ("static", "openapi.spec"):
        app.view_functions[endpoint] = auth.public(app.view_functions[endpoint])
    return app
