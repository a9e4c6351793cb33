"""The files an admin puts into an org, made from the settings: the source package and the button's OpenAPI."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import urlsplit

from connectors.salesforce import openapi, package
from connectors.salesforce.settings import SalesforceSettings
from hub.sdk import BadRequest, Connection

OPENAPI = "inlay-openapi.json"


def manifests(connection: Connection, url: str) -> Mapping[str, str]:
    """Name to content. The inbound token stays a placeholder: no command of Inlay shows a secret.

    Raises:
        BadRequest: Salesforce could not call this address, or the package has a fault.
    """
    settings: SalesforceSettings = connection.settings
    hub = _reached(url.removesuffix(f"/connect/salesforce/{connection.name}"))
    values = {"REPLACE_HUB_ADDRESS": hub, "REPLACE_CONNECTION": connection.name}
    if settings.username:
        values["REPLACE_INTEGRATION_USERNAME"] = settings.username
    files = package.fill(package.shipped(), values)
    if wrong := package.problems(files):
        raise BadRequest(f"The package has a fault: {wrong[0]}.", instead="Install Inlay anew.", who="an admin")
    document = openapi.document(hub, connection.name)
    return {**files, OPENAPI: json.dumps(document, indent=2, ensure_ascii=False) + "\n"}


def _reached(hub: str) -> str:
    """The hub's address, once it is one Salesforce can call and nothing in it is secret.

    Raises:
        BadRequest: it is none.
    """
    try:
        parts = urlsplit(hub)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    if parts.scheme == "https" and host and not (parts.username or parts.password or parts.query or parts.fragment):
        return hub.rstrip("/")
    raise BadRequest(
        "The package cannot be filled in for this hub's address.",
        why=f"Salesforce calls https addresses of a host, and this is {parts.scheme or 'no'}://{host or ''}.",
        instead="Set INLAY_PUBLIC_URL to the https address Salesforce reaches the hub at. If it reaches none, name any "
        "https address for this command and deploy force-app alone, where no address stands: the sweep finds requests.",
        who="an admin",
    )
