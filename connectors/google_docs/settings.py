"""What an admin fills in to connect Google Docs and to deploy its add-ons."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from hub.sdk import ConnectorSettings, Secret

#: The pages of the card add-on, each at ``<addon url>/cards/<name>``; a token of Google's names the one it is for.
CARD_VIEWS = (
    *("home", "file-scope-granted", "file-scope-request", "template", "run", "refresh", "result-action"),
    *("commands", "commands-run"),
)


class GoogleDocsSettings(ConnectorSettings):
    """One Google account Inlay works as: a service account, or for a short while a person's own token."""

    asked_first = ("service_account", "folder")
    long_secrets = ("service_account",)

    api_root: str = Field(
        "https://docs.googleapis.com",
        description="Where the Google Docs API is. Change it only to use a sandbox, for example http://127.0.0.1:8090.",
    )
    drive_root: str = Field(
        "https://www.googleapis.com",
        description="Where the Google Drive API is. For a sandbox it is the same address as the Docs API.",
    )
    token_uri: str = Field(
        "https://oauth2.googleapis.com/token",
        description="Where a service account fetches its access tokens. For a sandbox: its address followed by /token.",
    )
    service_account: Secret | None = Field(
        None,
        description="The JSON key of a service account, whole, as downloaded from Google Cloud. Share each document or "
        "folder with the account's e-mail address, as you would with a colleague.",
    )
    access_token: Secret | None = Field(
        None,
        description="A person's access token, for a trial: Google lets it expire after about an hour. "
        "Leave it empty when a service account is set.",
    )
    folder: str = Field(
        "",
        pattern=r"^[A-Za-z0-9_-]*$",
        max_length=200,
        description="The id of the Drive folder your team works in (the last part of the folder's address). "
        "Inlay counts the documents made there, to show which share of the work uses it. Empty: nothing is counted.",
    )
    inbound_token: Secret | None = Field(
        None,
        description="A long random text that programs send to start a run from a document. Empty: no calls are taken.",
    )
    inbound_token_previous: Secret | None = Field(
        None,
        description="The token before the current one, accepted while you change it over. Clear it afterwards.",
    )
    addon_client_ids: tuple[str, ...] = Field(
        (),
        description="The OAuth client ids of the Apps Script projects whose sidebar may call, usually one. "
        "The deployment guide shows where to read it. Empty: no sidebar gets in.",
    )
    addon_urls: tuple[str, ...] = Field(
        (),
        description="Where Google reaches this connection's card add-on: this hub's address followed by "
        "/connect/google_docs/ and the connection's name. Google's calls must be meant for it. Empty: no card gets in.",
    )
    addon_service_account: str = Field(
        "",
        max_length=320,
        description="The e-mail address of Google's add-on service for your Cloud project, as "
        "`gcloud workspace-add-ons get-authorization` prints it (serviceAccountEmail). Empty: no card gets in.",
    )
    addon_oauth_client_id: str = Field(
        "",
        max_length=320,
        description="The OAuth client id of the card add-on, as the same command prints it (oauthClientId). "
        "Empty: no card gets in.",
    )
    hosted_domains: tuple[str, ...] = Field(
        (),
        description="The Google Workspace domains whose people may use the add-ons, such as example.com. "
        "Empty: whoever is known to Inlay by their verified e-mail address.",
    )
    certs_url: str = Field(
        "https://www.googleapis.com/oauth2/v1/certs",
        description="Where Google publishes the certificates of its identity tokens. Change it only for a sandbox.",
    )

    @field_validator("addon_client_ids", "addon_urls", "hosted_domains")
    @classmethod
    def _no_blanks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(one.strip() == one and 0 < len(one) <= 500 for one in value):
            raise ValueError("write each entry without spaces around it, and leave no entry empty")
        return value

    @field_validator("addon_urls")
    @classmethod
    def _plain_addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(cls._plain_address(one) for one in value)

    @field_validator("api_root", "drive_root", "token_uri", "certs_url")
    @classmethod
    def _plain_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
            raise ValueError("write an address such as https://docs.googleapis.com, without a name, password or query")
        return value.rstrip("/")

    @field_validator("service_account")
    @classmethod
    def _whole_key(cls, value: Secret | None) -> Secret | None:
        if not value:
            return None
        try:
            key = json.loads(value.reveal())
        except ValueError:
            raise ValueError("paste the whole JSON file of the service account's key") from None
        missing = [name for name in ("client_email", "private_key") if not (isinstance(key, dict) and key.get(name))]
        if missing:
            raise ValueError(f"the service account's key lacks {' and '.join(missing)}: download it again, as JSON")
        return value

    def hosts(self) -> frozenset[str]:
        """The Docs API, the Drive API, the token address and the certificates; nothing else is ever called."""
        roots = (self.api_root, self.drive_root, self.token_uri, self.certs_url)
        return frozenset(urlsplit(root).netloc.lower() for root in roots)
