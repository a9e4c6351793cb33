"""What an admin fills in to connect one DAM."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from connectors.dam.asset import SLOTS
from hub.sdk import ConnectorSettings, Secret

_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+", re.ASCII)
#: As a browser sends it: no path, no wildcard, and http for this machine alone.
_ORIGIN = re.compile(
    r"https://[a-z0-9-]+(\.[a-z0-9-]+)*(:[0-9]{1,5})?|http://(localhost|127\.0\.0\.1)(:[0-9]{1,5})?", re.ASCII
)
_FIELD = re.compile(r"[A-Za-z0-9_:./ -]{1,100}", re.ASCII)
_STARTS = ("asset.created", "asset.ready", "asset.updated", "metadata.changed", "asset.approved")
#: These every dialect takes; what else one takes it says itself.
_EVERYBODY = frozenset(
    {
        *("dialect", "sandbox_root", "starts", "own_actors", "fields", "teams", "skip_types", "skip_folders"),
        *("largest_bytes", "send_pictures", "writes_into_files", "panel_origins"),
    }
)


class DamSettings(ConnectorSettings):
    """One DAM account Inlay works in. Which settings apply depends on ``dialect``."""

    asked_first = ("dialect", "host", "account", "client_id", "client_secret", "signing_secret", "starts")

    dialect: str = Field(
        max_length=40,
        description="Which DAM it is: aem, cloudinary, bynder, standard_webhooks, custom, or the name of a preset such "
        "as frameio. `inlay connectors` lists them.",
    )
    sandbox_root: str = Field(
        "",
        description="Empty for a real account. The address of Inlay's own stand-in on this machine, for example "
        "http://127.0.0.1:8092, to try things without an account.",
    )
    host: str = Field(
        "",
        max_length=200,
        description="The host of the account: for AEM the author's, such as author-p1-e2.adobeaemcloud.com, for Bynder "
        "the portal's. It is the only host credentials are sent to.",
    )
    account: str = Field(
        "",
        max_length=200,
        description="The account's name at the vendor: the Cloudinary cloud name, or an id the preset asks for. For "
        "Bynder the metaproperty that means approved, as name=option.",
    )
    client_id: str = Field(
        "",
        max_length=400,
        description="The id Inlay signs in with: the client id of the Adobe project, the Cloudinary API key, or the "
        "Bynder OAuth client.",
    )
    client_secret: Secret | None = Field(
        None, description="The secret that belongs to client_id. For presets with a fixed token: the token."
    )
    signing_secret: Secret | None = Field(
        None, description="What the sender signs its webhooks with, where that is a shared secret."
    )
    signing_secret_previous: Secret | None = Field(
        None,
        description="The signing secret before the current one, accepted while you change it over. Clear it later.",
    )
    topic: str = Field(
        "",
        max_length=300,
        description="For senders over Amazon SNS: the ARN of the one topic that is believed.",
    )
    confirm_subscription: bool = Field(
        False,
        description="Whether Inlay confirms a subscription of that topic by itself, once asked by a signed message.",
    )
    poll_channel: str = Field(
        "",
        max_length=100,
        description="For Cloudinary without an inbound address: the channel its triggers deliver to, as poll://channel.",
    )
    delivery_host: str = Field(
        "",
        max_length=200,
        description="A host that serves approved assets to everybody, if there is one and a model may fetch pictures "
        "from it.",
    )
    preset: Mapping[str, Any] = Field(
        default_factory=dict,
        description="For the dialect custom: the sender as data, in the form of the presets that ship with Inlay.",
    )
    send_pictures: Literal["bytes", "address"] = Field(
        "bytes",
        description="How a model gets a picture: bytes, read by Inlay, or the address of a public rendition, where the "
        "DAM has one.",
    )
    starts: Mapping[str, tuple[str, ...]] = Field(
        default_factory=dict,
        description="Which workflows an event starts, by name: {asset.ready: [alt-text]}. Events: "
        + ", ".join(_STARTS)
        + ". Empty: nothing starts by itself.",
    )
    teams: Mapping[str, str] = Field(
        default_factory=dict,
        description="Which team's folder it is: {/content/dam/brand: brand}. The longest folder counts. Empty: the one "
        "team the connection is switched on for.",
    )
    own_actors: tuple[str, ...] = Field(
        (),
        description="The names the DAM shows for Inlay's own account, so that its changes start nothing.",
    )
    fields: Mapping[str, str] = Field(
        default_factory=dict,
        description="Where Inlay writes, if not into the dialect's usual fields: {alt_text: custom:alt}. An empty name "
        "switches a slot off. Slots: " + ", ".join(SLOTS) + ".",
    )
    skip_types: tuple[str, ...] = Field(
        (), description="Media types nothing is started for, such as video/*. They are skipped when an event comes."
    )
    skip_folders: tuple[str, ...] = Field(
        (), description="Folders nothing is started for, such as /content/dam/archive, with all below them."
    )
    largest_bytes: int = Field(200_000_000, ge=1, description="Assets larger than this many bytes start nothing.")
    writes_into_files: bool = Field(
        False,
        description="Whether this DAM copies metadata into the files themselves. Then an asset that carries a C2PA "
        "manifest is left alone: a changed file breaks its proof of origin.",
    )
    panel_origins: tuple[str, ...] = Field(
        (),
        description="The exact addresses the Adobe panels are served from, such as https://w123.wxp.adobe-addons.com.",
    )

    @field_validator("host", "delivery_host", mode="before")
    @classmethod
    def _a_host(cls, value: Any) -> Any:
        if not isinstance(value, str) or not value.strip():
            return value
        host = value.strip().lower().removeprefix("https://").rstrip("/")
        if not _HOST.fullmatch(host):
            raise ValueError("write a host alone, such as author-p1-e2.adobeaemcloud.com")
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
            raise ValueError("write an address of this machine such as http://127.0.0.1:8092, or leave it empty")
        return f"{parts.scheme}://{parts.netloc}"

    @field_validator("client_secret", "signing_secret", "signing_secret_previous")
    @classmethod
    def _no_empty_secret(cls, value: Secret | None) -> Secret | None:
        return value or None

    @field_validator("panel_origins")
    @classmethod
    def _exact_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            if not _ORIGIN.fullmatch(one):
                raise ValueError(
                    "write each origin whole, such as https://w123.wxp.adobe-addons.com; none stands for many"
                )
        return value

    @field_validator("starts")
    @classmethod
    def _known_events(cls, value: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
        if unknown := sorted(set(value) - set(_STARTS)):
            raise ValueError(f"{unknown[0][:40]!r} is no event; the events are {', '.join(_STARTS)}")
        return value

    @field_validator("fields")
    @classmethod
    def _known_slots(cls, value: Mapping[str, str]) -> Mapping[str, str]:
        if unknown := sorted(set(value) - set(SLOTS)):
            raise ValueError(f"{unknown[0][:40]!r} is no slot; the slots are {', '.join(SLOTS)}")
        if wrong := [slot for slot, field in value.items() if field and not _FIELD.fullmatch(field)]:
            raise ValueError(f"the field of {wrong[0]} holds a character no field name has")
        return value

    @model_validator(mode="after")
    def _complete(self) -> DamSettings:
        from connectors.dam.dialects import dialect_of

        try:
            dialect = dialect_of(self)
        except KeyError:
            raise ValueError(f"there is no dialect {self.dialect[:40]!r}") from None
        given = {name for name in type(self).model_fields if getattr(self, name) not in ("", None, (), {}, False)}
        if missing := [name for name in dialect.needs if name not in given]:
            raise ValueError(f"{dialect.title} needs {', '.join(missing)}")
        taken = _EVERYBODY | set(dialect.needs) | set(dialect.takes)
        if strange := sorted(given & self.model_fields_set - taken):
            raise ValueError(f"{dialect.title} has no use for {', '.join(strange)}")
        if never := [slot for slot, field in self.fields.items() if field in dialect.never]:
            raise ValueError(f"the field of {never[0]} is one Inlay never writes")
        places: dict[str, str] = {}
        for slot in SLOTS:
            place = self.fields.get(slot, dialect.fields.get(slot, ""))
            if place and (other := places.setdefault(place, slot)) != slot:
                raise ValueError(f"{other} and {slot} have one field, and each needs its own; an empty name frees one")
        dialect.check(self)
        return self

    def hosts(self) -> frozenset[str]:
        from connectors.dam.dialects import dialect_of

        here = urlsplit(self.sandbox_root).netloc.lower()
        return frozenset({here}) if here else dialect_of(self).hosts(self)

    def field_of(self, slot: str) -> str:
        """The vendor's field of a slot, or an empty text where it has none."""
        from connectors.dam.dialects import dialect_of

        return self.fields[slot] if slot in self.fields else dialect_of(self).fields.get(slot, "")
