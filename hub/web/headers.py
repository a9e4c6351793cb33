"""The headers every answer carries: nothing is loaded from anywhere else, framed by anybody, or sniffed."""

from __future__ import annotations

from flask import Flask, Response, request
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
        if request.endpoint != "static":
            for name, value in uncached:
                response.headers[name] = value
        return response
