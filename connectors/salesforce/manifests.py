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
    parts = urlsplit(url)
    hub = f"{parts.scheme}://{parts.netloc}"
    if parts.scheme != "https" or not parts.hostname:
        raise BadRequest(
            "The package cannot be filled in for this hub's address.",
            why=f"Salesforce calls https addresses, and this is {hub}.",
            instead="Set INLAY_PUBLIC_URL to the address Salesforce reaches the hub at. Without one, deploy force-app "
            "alone: requests are found by the sweep.",
            who="an admin",
        )
    values = {"REPLACE_HUB_ADDRESS": hub, "REPLACE_CONNECTION": connection.name}
    if settings.username:
        values["REPLACE_INTEGRATION_USERNAME"] = settings.username
    files = package.fill(package.shipped(), values)
    if wrong := package.problems(files):
        raise BadRequest(f"The package has a fault: {wrong[0]}.", instead="Install Inlay anew.", who="an admin")
    document = openapi.document(hub, connection.name)
    return {**files, OPENAPI: json.dumps(document, indent=2, ensure_ascii=False) + "\n"}
