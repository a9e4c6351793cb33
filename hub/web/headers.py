"""The headers every answer carries: nothing is loaded from anywhere else, framed by anybody, or sniffed."""

from __future__ import annotations

import re

from flask import Flask, Response, g, request
from secure import (
    CacheControl,
    ContentSecurityPolicy,
    CrossOriginOpenerPolicy,
    CrossOriginResourcePolicy,
    PermissionsPolicy,
    ReferrerPolicy,
    Secure,
    StrictTransportSecurity,
    XContentTypeOptions,
    XFrameOptions,
)

#: The page on which people let a panel in. A vendor's program opens it in a window of its own.
AUTHORIZE = "let_in.authorize"
IS_AUTHORIZE = re.compile(r"/connect/[^/]+/[^/]+/authorize")


def opened_from_elsewhere(redirect: str = "") -> None:
    """Let this answer stay in touch with the window that opened it, and its form end at ``redirect``.

    With an opener policy of its own, the browser would tell the program that its window was closed, and the code would
    never reach it; with its usual form policy it would not follow the redirect.
    """
    g.opener = True
    g.form_ends_at = redirect


def install(app: Flask, *, https: bool) -> None:
    """Set them on every answer; those that hold no person's data may be cached by whoever made them so."""
    always = Secure(
        csp=ContentSecurityPolicy()
        .default_src("'none'")
        .script_src("'self'")
        .style_src("'self'")
        .img_src("'self'", "data:")
        .connect_src("'self'")
        .form_action("'self'")
        .base_uri("'none'")
        .frame_ancestors("'none'"),
        coop=CrossOriginOpenerPolicy().same_origin(),
        corp=CrossOriginResourcePolicy().same_origin(),
        permissions=PermissionsPolicy().geolocation().microphone().camera(),
        referrer=ReferrerPolicy().same_origin(),
        xcto=XContentTypeOptions().nosniff(),
        xfo=XFrameOptions().deny(),
        hsts=StrictTransportSecurity().max_age(31_536_000) if https else None,
    ).header_items()
    uncached = Secure(cache=CacheControl().no_store()).header_items()

    @app.after_request
    def add(response: Response) -> Response:
        for name, value in always:
            response.headers[name] = value
        if request.endpoint == AUTHORIZE or g.get("opener"):
            response.headers["Cross-Origin-Opener-Policy"] = "unsafe-none"
        if ends_at := g.get("form_ends_at"):
            policy = response.headers["Content-Security-Policy"]
            response.headers["Content-Security-Policy"] = policy.replace(
                "form-action 'self'", f"form-action 'self' {ends_at}"
            )
        if request.endpoint != "static":
            for name, value in uncached:
                response.headers[name] = value
        return response
