"""Lets panels call from the exact origins a connection names, and nobody else: a wildcard would let in every add-on."""

from __future__ import annotations

from flask import Flask, Response, request

from hub.web.panels import IS_PANEL, Panels

_ASKED = "Access-Control-Request-Method"


def install(app: Flask, panels: Panels) -> None:
    """Answer preflights and mark the answers, on the routes under ``/connect/<connector>/<connection>/panel/``.

    It goes before the guard: a preflight carries no token. No cookie is ever taken across origins, and an origin proves
    nothing: programs that are no browsers send whatever they like.
    """

    @app.before_request
    def preflight() -> Response | None:
        if request.method == "OPTIONS" and _ASKED in request.headers and IS_PANEL.match(request.path):
            return Response(status=204)
        return None

    @app.after_request
    def mark(response: Response) -> Response:
        path = IS_PANEL.match(request.path)
        if path is None:
            return response
        response.vary.add("Origin")
        origin = request.headers.get("Origin")
        if origin and any(origin in one.panel.origins for one in panels.of(path[1], path[2])):
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = "Retry-After"
            if request.method == "OPTIONS":
                response.headers["Access-Control-Allow-Methods"] = "GET, POST"
                response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
                response.headers["Access-Control-Max-Age"] = "600"
        return response
