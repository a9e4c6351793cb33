"""What an admin fills in to connect one Salesforce org."""

from __future__ import annotations

import ipaddress
import re
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from connectors.salesforce import ids
from hub.sdk import BadRequest, ConnectorSettings, Secret

LOGIN = "https://login.salesforce.com"
TEST = "https://test.salesforce.com"
_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.salesforce\.com", re.ASCII)
#: These sign people in for every org; JWT sign-in there fails now and then (simple-salesforce issue 814).
_SHARED = frozenset({"login.salesforce.com", "test.salesforce.com"})
#: A token stands in an address or a header as it is.
_TOKEN = re.compile(r"[0-9A-Za-z_-]{24,200}", re.ASCII)


class SalesforceSettings(ConnectorSettings):
    """One Salesforce org Inlay works in, as one integration user."""

    asked_first = (
        *("domain", "organization_id", "login_audience", "username", "consumer_key"),
        *("private_key", "consumer_secret"),
    )
    long_secrets = ("private_key",)

    domain: str = Field(
        max_length=200,
        description="The org's My Domain host, such as acme.my.salesforce.com. Setup shows it under My Domain.",
    )
    sandbox_root: str = Field(
        "",
        description="Empty for a real org. The address of Inlay's own stand-in on this machine, for example "
        "http://127.0.0.1:8091, to try things without an org.",
    )
    login_audience: Literal["https://login.salesforce.com", "https://test.salesforce.com"] = Field(
        LOGIN,
        description="Where the org signs people in: https://login.salesforce.com for production and developer orgs, "
        "https://test.salesforce.com for sandboxes and scratch orgs.",
    )
    api_version: str = Field(
        "63.0",
        description="The version of the Salesforce API that is called. Leave it unless a release note asks for more.",
    )
    username: str = Field(
        "",
        max_length=80,
        description="The username of the integration user, in the form of an e-mail address. Needed with private_key.",
    )
    consumer_key: str = Field(
        min_length=10,
        max_length=400,
        description="The consumer key of the External Client App: App Manager, the app, Settings, OAuth Settings.",
    )
    private_key: Secret | None = Field(
        None,
        description="The private key (PEM) whose certificate was uploaded to the External Client App. "
        "With it the integration user signs in by JWT bearer; leave consumer_secret empty then.",
    )
    consumer_secret: Secret | None = Field(
        None,
        description="The consumer secret of the External Client App, for the client credentials flow. "
        "Leave private_key empty then.",
    )
    organization_id: str = Field(
        description="The org's id: Setup, Company Information, Salesforce.com Organization ID. It begins with 00D. "
        "Outbound messages of any other org are refused.",
    )
    action_ids: tuple[str, ...] = Field(
        (),
        description="The ids of the outbound messages that may start runs, as the address of the message's page in "
        "Setup shows them. Empty: no outbound message is taken; requests are still found by the sweep.",
    )
    inbound_token: Secret | None = Field(
        None,
        description="A long random text that stands at the end of the outbound message's endpoint URL: Salesforce "
        "signs nothing, so this is its password. Empty: no outbound message is taken.",
    )
    inbound_token_previous: Secret | None = Field(
        None,
        description="The token before the current one, accepted while you change it over. Clear it afterwards.",
    )
    button_token: Secret | None = Field(
        None,
        description="A long random text the button's Named Credential sends. Empty: no button gets in.",
    )
    button_token_previous: Secret | None = Field(
        None,
        description="The button's token before the current one, accepted while you change it over.",
    )
    api_share: float = Field(
        0.8,
        gt=0,
        le=1,
        description="The share of the org's daily API calls after which Inlay waits, so that the rest stays for "
        "others: 0.8 is four fifths. All calls of the org count, not only Inlay's.",
    )
    quota_wait_seconds: int = Field(
        900,
        ge=1,
        le=86_400,
        description="For how many seconds Inlay calls the org no more once its daily API calls, or Inlay's share of "
        "them, are used up. Then one call finds out whether there are some again.",
    )
    record_fields: tuple[str, ...] = Field(
        (),
        description="Fields of Campaign, Lead, Opportunity or Contact that a draft may be written into directly, such "
        "as Campaign.Description. Empty: drafts are written as AI Output records only.",
    )
    currency: str = Field(
        "",
        pattern=r"^([A-Z]{3})?$",
        description="The org's currency, such as EUR: Setup, Company Information. With it drafts may write amounts in "
        "that currency. Empty: amounts are written without one. Leave it empty in an org with several currencies.",
    )
    tasks: bool = Field(
        False,
        description="Whether a draft may also be left as a Task. Needs the optional package with Task.AI_Hub_Key__c.",
    )

    @field_validator("domain", mode="before")
    @classmethod
    def _my_domain(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        host = value.strip().lower().removeprefix("https://").rstrip("/")
        if host.endswith(".lightning.force.com"):
            raise ValueError("write the host that ends in .my.salesforce.com, not the one of the Lightning pages")
        if not _HOST.fullmatch(host):
            raise ValueError("write the org's My Domain host alone, such as acme.my.salesforce.com")
        if host in _SHARED:
            raise ValueError("write the org's own My Domain host: login and test.salesforce.com serve every org")
        return host

    @field_validator("sandbox_root")
    @classmethod
    def _this_machine(cls, value: str) -> str:
        if not value:
            return ""
        try:
            parts = urlsplit(value)
            named, _ = parts.hostname or "", parts.port
            here = named == "localhost" or ipaddress.ip_address(named).is_loopback
        except ValueError:
            here, parts = False, urlsplit("")
        if not here or parts.scheme not in ("http", "https") or parts.path.strip("/") or parts.query or parts.username:
            raise ValueError("write an address of this machine such as http://127.0.0.1:8091, or leave it empty")
        return f"{parts.scheme}://{parts.netloc}"

    @field_validator("api_version")
    @classmethod
    def _recent(cls, value: str) -> str:
        # Up to 45.0 an upsert does not say whether it made a record; 31 to 40 are retired in 2028.
        if not re.fullmatch(r"[0-9]{2,3}\.0", value) or float(value) < 46:
            raise ValueError("write a version such as 63.0; the oldest that works is 46.0")
        return value

    @field_validator("organization_id")
    @classmethod
    def _an_org(cls, value: str) -> str:
        return _id(value, "the org's id begins with 00D and has 15 or 18 letters and digits", "00D")

    @field_validator("action_ids")
    @classmethod
    def _actions(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_id(one, "the id of an outbound message has 15 or 18 letters and digits") for one in value)

    @field_validator("inbound_token", "inbound_token_previous", "button_token", "button_token_previous")
    @classmethod
    def _long_token(cls, value: Secret | None) -> Secret | None:
        if not value:
            return None
        if not _TOKEN.fullmatch(value.reveal()):
            raise ValueError("write 24 to 200 letters, digits, hyphens and underscores, picked at random")
        return value

    @field_validator("record_fields")
    @classmethod
    def _writable(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            name, _, field = one.partition(".")
            try:
                ids.field_name(field)
            except BadRequest:
                name = ""
            if name not in ("Campaign", "Lead", "Opportunity", "Contact"):
                raise ValueError(
                    "write each field as object.field, such as Campaign.Description; "
                    "the objects are Campaign, Lead, Opportunity and Contact"
                )
        return value

    @field_validator("consumer_secret")
    @classmethod
    def _no_empty_secret(cls, value: Secret | None) -> Secret | None:
        return value or None

    @field_validator("private_key")
    @classmethod
    def _readable_key(cls, value: Secret | None) -> Secret | None:
        if not value:
            return None
        _check_key(value.reveal())
        return value

    @model_validator(mode="after")
    def _one_way_in(self) -> SalesforceSettings:
        if bool(self.private_key) == bool(self.consumer_secret):
            raise ValueError("set exactly one of private_key (JWT bearer) and consumer_secret (client credentials)")
        if self.private_key and not self.username:
            raise ValueError("username is missing: with private_key Inlay signs in as that user")
        if self.login_audience == LOGIN and (".sandbox." in self.domain or ".scratch." in self.domain):
            raise ValueError(f"login_audience does not fit the domain: a sandbox signs in at {TEST}")
        return self

    def hosts(self) -> frozenset[str]:
        """The org's own host, or the stand-in's; nothing else is ever called."""
        return frozenset({urlsplit(self.sandbox_root).netloc.lower() if self.sandbox_root else self.domain})


def _id(value: str, otherwise: str, prefix: str = "") -> str:
    try:
        return ids.record_id(value.strip(), prefix)
    except BadRequest:
        raise ValueError(otherwise) from None


def _check_key(pem: str) -> None:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except TypeError:
        raise ValueError("the key is locked with a passphrase: paste it without one") from None
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError("paste the whole private key, from BEGIN to END, not the certificate") from None
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("Salesforce takes RSA keys only: make one and upload its certificate to the app")
