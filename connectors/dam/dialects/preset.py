"""What a preset may say: a sender as data. What would prove nothing, or lead a call elsewhere, is refused here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, field_validator, model_validator

from connectors.dam.asset import SLOTS, Kind

_TOKEN = re.compile(r"\{([a-z_]+)\}")
_NAME = re.compile(r"[a-z_]{1,40}", re.ASCII)
#: Settings a host may be made of; what they hold cannot leave the host part of an address.
_HOST_TOKENS = frozenset({"host", "account", "delivery_host"})
#: What addresses and bodies hold already.
_KNOWN = _HOST_TOKENS | {"id", "fields", "field", "value"}

Pointer = Annotated[str, StringConstraints(pattern=r"^(/[^\x00-\x1f]*)?$", max_length=200)]
#: One pointer or several: the first where something stands counts.
Pointers = Annotated[tuple[Pointer, ...], BeforeValidator(lambda given: (given,) if isinstance(given, str) else given)]
HeaderName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,60}$", to_lower=True)]


class Form(BaseModel):
    """Frozen, and a misspelt name is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Signature(Form):
    """Where the signature stands. With a ``separator`` there may be several; ``prefix`` stands before each."""

    header: HeaderName
    encoding: Literal["hex", "base64"] = "hex"
    prefix: str = Field("", max_length=20)
    separator: Literal["", " ", ","] = ""


class Stamp(Form):
    """The header with the signed time, and how many seconds it may lie back or ahead."""

    header: HeaderName
    unit: Literal["s", "ms"] = "s"
    past: float = Field(300.0, ge=1, le=90_000)
    future: float = Field(300.0, ge=0, le=3_600)


class Proof(Form):
    """How a webhook proves its sender.

    ``hmac`` is a keyed hash over ``message``, ``digest`` a plain one over a message that ends with the secret,
    ``standard`` is Standard Webhooks 1.0.0, and ``capability_url`` signs nothing: the address holds a secret token.
    A message is literal text with {body}, {ts}, {id} and, for a digest, {secret}.
    """

    scheme: Literal["hmac", "digest", "standard", "capability_url"]
    signature: Signature | None = None
    algorithm: Literal["sha256", "sha512", "sha1"] = "sha256"
    message: str = Field("{body}", max_length=100)
    timestamp: Stamp | None = None
    id_header: HeaderName | None = None

    @model_validator(mode="before")
    @classmethod
    def _standard(cls, given: Any) -> Any:
        if not isinstance(given, Mapping) or given.get("scheme") != "standard":
            return given
        if others := sorted(set(given) - {"scheme"}):
            raise ValueError(f"the scheme standard settles everything itself, {others[0]} too")
        return {
            "scheme": "standard",
            "signature": {"header": "webhook-signature", "encoding": "base64", "prefix": "v1,", "separator": " "},
            "message": "{id}.{ts}.{body}",
            "timestamp": {"header": "webhook-timestamp"},
            "id_header": "webhook-id",
        }

    @model_validator(mode="after")
    def _proves_something(self) -> Proof:
        if self.scheme == "capability_url":
            if self.signature or self.timestamp or self.id_header or self.message != "{body}":
                raise ValueError(
                    "capability_url signs nothing, so signature, message, timestamp and id_header stay out"
                )
            return self
        tokens = _TOKEN.findall(self.message)
        allowed = {"body", "ts", "id", "secret"} if self.scheme == "digest" else {"body", "ts", "id"}
        if self.signature is None:
            raise ValueError("signature is missing")
        if strange := sorted(set(tokens) - allowed):
            raise ValueError(f"the message holds {{{strange[0]}}}, which {self.scheme} has no use for")
        if sorted(set(tokens)) != sorted(tokens) or "body" not in tokens:
            raise ValueError("the message holds {body} once, and everything else at most once")
        if self.scheme == "digest" and not self.message.endswith("{secret}"):
            # After a secret that stands first, anybody can lengthen what was signed.
            raise ValueError("the message of a digest ends with {secret}")
        if self.scheme != "digest" and self.algorithm == "sha1":
            raise ValueError("sha1 is taken for the scheme digest only")
        if ("ts" in tokens) != (self.timestamp is not None):
            raise ValueError("timestamp and {ts} in the message go together: an unsigned time proves nothing")
        if ("id" in tokens) != (self.id_header is not None):
            raise ValueError("id_header and {id} in the message go together: an unsigned id proves nothing")
        if re.search(r"\{(ts|id)\}\{(ts|id)\}|\{id\}\{body\}|\{body\}\{id\}", self.message):
            raise ValueError("something must stand between {id} and its neighbour, or one passes for the other")
        if re.search(r"[0-9]\{ts\}|\{ts\}[0-9]", self.message):
            raise ValueError("no digit stands beside {ts}, or it passes for one of the time")
        return self


class EventId(Form):
    """What tells two events apart. ``header`` is the signed id of the webhook; ``hash`` is over what was signed."""

    header: bool = False
    pointer: Pointers = ()
    hash: Literal["", "body", "body_and_time"] = ""

    @model_validator(mode="after")
    def _one(self) -> EventId:
        if (bool(self.header), bool(self.pointer), bool(self.hash)).count(True) != 1:
            raise ValueError("an event's id is one of header, pointer and hash")
        return self


class Events(Form):
    """What a body says. ``list`` is where several events stand; every other pointer is read inside an event.

    ``kinds`` maps the sender's types to ours; a type that is missing there is ignored. ``constant`` is the type where
    bodies name none.
    """

    list: Pointer = ""
    most: int = Field(20, ge=1, le=200)
    type: Pointers = ()
    constant: str = Field("", max_length=60)
    kinds: Mapping[str, Kind] = Field(default_factory=dict)
    asset: Pointers = ()
    id: EventId
    actor: Pointers = ()
    changed: Pointers = ()
    at: Pointers = ()

    @model_validator(mode="after")
    def _whole(self) -> Events:
        if bool(self.type) == bool(self.constant):
            raise ValueError("either type or constant says what happened")
        if self.kinds and not self.asset:
            raise ValueError("asset is missing: nothing says which asset it is")
        if "confirm" in self.kinds.values():
            raise ValueError("confirm is no event a preset knows")
        return self


class Auth(Form):
    """How calls prove themselves: ``client_secret`` in a header or, where ``token_url`` is given and the settings name
    a ``client_id``, a token fetched with both (OAuth 2.0 client credentials, RFC 6749 section 4.4)."""

    header: HeaderName = "authorization"
    prefix: str = Field(default="Bearer ", max_length=30)
    token_url: str = ""
    scope: str = Field(default="", max_length=300)


class FieldPlace(Form):
    """Where a field's value stands in an asset: at ``pointer`` with {field} in it, or in the entry of ``list`` whose
    ``key`` is the field."""

    pointer: Pointer = ""
    list: Pointer | None = None
    key: Pointer = ""
    value: Pointer = ""

    @model_validator(mode="after")
    def _one(self) -> FieldPlace:
        if ("{field}" in self.pointer) == (self.list is not None) or (self.list is not None and not self.key):
            raise ValueError("a field is read at a pointer with {field} in it, or from a list by its key")
        return self


class AssetForm(Form):
    """Where an asset's parts stand in an answer. ``base`` is where the asset itself stands in the answer to fetch."""

    base: Pointer = ""
    id: Pointers = ("/id",)
    version: Pointers
    name: Pointers = ()
    folder: Pointers = ()
    mime: Pointers = ()
    size: Pointers = ()
    width: Pointers = ()
    height: Pointers = ()
    status: Pointers = ()
    statuses: Mapping[str, Literal["draft", "approved", "rejected"]] = Field(default_factory=dict)
    url: Pointers = ()
    ai_made: Pointers = ()
    created_at: Pointers = ()
    modified_at: Pointers = ()
    modified_by: Pointers = ()
    etag: bool = Field(False, description="The answer's ETag is what a write is conditional on.")
    fields: FieldPlace


class Call(Form):
    """A call: its address has a fixed host, made of nothing but settings. {id} and its like are escaped."""

    url: str
    headers: Mapping[HeaderName, str] = Field(default_factory=dict)

    @field_validator("headers")
    @classmethod
    def _no_credentials(cls, given: Mapping[str, str]) -> Mapping[str, str]:
        if taken := sorted(set(given) & {"authorization", "cookie", "host", "if-match", "content-length"}):
            raise ValueError(f"the header {taken[0]} is set by Inlay: credentials are said by auth")
        return given


class Listing(Call):
    """How assets that changed are listed. {since} and {until} are times in ``times``, {cursor} is what the page before
    left at ``next``, {offset} the number of assets before. Where neither is in the address there is one page."""

    items: Pointer
    item: Pointer = ""
    next: Pointers = ()
    size: int = Field(100, ge=1, le=1000)
    times: Literal["iso", "s", "ms"] = "iso"


class PictureForm(Form):
    """A small rendition: at an address made of the id, or where the asset's answer says, on one of ``hosts``.
    ``public`` says that everybody may fetch it without a token in the address."""

    url: str = ""
    pointer: Pointers = ()
    hosts: tuple[Annotated[str, StringConstraints(pattern=r"^[a-z0-9._{}-]{3,100}$")], ...] = ()
    public: bool = False

    @model_validator(mode="after")
    def _one(self) -> PictureForm:
        if bool(self.url) == bool(self.pointer) or bool(self.pointer) != bool(self.hosts):
            raise ValueError("a picture has a url, or a pointer and the hosts it may lead to")
        return self


class Write(Call):
    """How fields are written: all in one call.

    ``json`` puts each value ``at`` a pointer with {field} in it, or an ``entry`` of each into the list at ``into``;
    ``start`` is what else stands in the body. ``form`` sends field=value. ``json_patch`` (RFC 6902) adds and removes
    ``at`` a pointer.
    ``take`` reads values for the address and the body from the asset, read anew, by pointer.
    """

    method: Literal["PUT", "PATCH", "POST"]
    body: Literal["json", "form", "json_patch"] = "json"
    start: Mapping[str, Any] = Field(default_factory=dict)
    at: Pointer = ""
    into: Pointer = ""
    entry: Mapping[str, Any] = Field(default_factory=dict)
    lists: Literal["list", "join"] = "list"
    join: str = Field(",", max_length=3)
    texts: Literal["text", "list"] = "text"
    empty: Literal["null", "text", "list"] = "null"
    precondition: Literal["etag", "compare", "none"] = "compare"
    take: Mapping[str, Pointer] = Field(default_factory=dict)

    @field_validator("take")
    @classmethod
    def _new_names(cls, given: Mapping[str, str]) -> Mapping[str, str]:
        # What a vendor answers never becomes a host, nor another asset's id.
        if taken := sorted({one for one in given if not _NAME.fullmatch(one)} | set(given) & _KNOWN):
            raise ValueError(f"{taken[0][:40]!r} is no name of its own: choose another, of small letters and _")
        return given

    @model_validator(mode="after")
    def _whole(self) -> Write:
        placed = "{field}" in self.at
        if self.body == "json" and (placed == bool(self.entry) or bool(self.entry) != bool(self.into)):
            raise ValueError("a json body takes either at, with {field} in it, or entry and into")
        if self.body == "json_patch" and not placed:
            raise ValueError("json_patch needs at, with {field} in it")
        return self


class Preset(Form):
    """One sender whole. ``name`` is the file's; ``verified`` says that it was checked against the vendor's own
    documents, ``source`` which those are, and ``limits`` what data cannot say of this vendor."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{1,30}$")
    title: str = Field(min_length=3, max_length=80)
    verified: bool
    source: str = Field(min_length=10, max_length=500)
    limits: tuple[str, ...] = ()
    needs: tuple[Literal["host", "account", "client_id", "client_secret", "delivery_host"], ...] = ()
    takes: tuple[Literal["host", "account", "client_id", "client_secret", "delivery_host"], ...] = ()
    prove: Proof
    handshake: str = Field("none", pattern=r"^(none|echo_query:[A-Za-z_.-]{1,40})$")
    acknowledge: Literal[200, 201, 202, 204] = 200
    events: Events
    settle: float = Field(0.0, ge=0, le=600)
    largest: int = Field(65_536, ge=256, le=2_097_152)
    auth: Auth = Field(default_factory=Auth)
    asset: AssetForm | None = None
    fetch: Call | None = None
    write: Write | None = None
    list: Listing | None = None
    picture: PictureForm | None = None
    probe: Call | None = None
    page: str = ""
    fields: Mapping[str, str] = Field(default_factory=dict)
    never: frozenset[str] = frozenset()
    longest: Mapping[str, int] = Field(default_factory=dict)
    no_tag_holds: str = ""
    lag: float = Field(0.0, ge=0, le=3_600)
    cool_off: float = Field(0.0, ge=0, le=3_600, description="Seconds to stay away after a 429 that says none.")

    @field_validator("fields", "longest")
    @classmethod
    def _slots(cls, given: Mapping[str, Any]) -> Mapping[str, Any]:
        if unknown := sorted(set(given) - set(SLOTS)):
            raise ValueError(f"{unknown[0][:40]!r} is no slot")
        return given

    @model_validator(mode="after")
    def _whole(self) -> Preset:
        if self.events.id.header and self.prove.id_header is None:
            raise ValueError("events.id.header: no id is signed here")
        if self.events.id.hash == "body_and_time" and self.prove.timestamp is None:
            raise ValueError("events.id.hash: no time is signed here")
        if self.prove.scheme == "capability_url" and self.events.kinds and self.fetch is None:
            raise ValueError("fetch is missing: what nobody signed is believed only once it was read at the vendor")
        if (self.fetch is None) != (self.asset is None):
            raise ValueError("fetch and asset go together")
        if self.fetch is None and (self.write or self.list or self.picture):
            raise ValueError("fetch is missing: what is written is read first")
        own = set(self.write.take) if self.write else set()
        for name, url, allowed in self.urls():
            _check_url(name, url, allowed | (own if name == "write.url" else set()))
            if not _HOST_TOKENS & set(_TOKEN.findall(url)) <= {*self.needs, *self.takes}:
                raise ValueError(f"{name} holds a setting that stands in neither needs nor takes")
        return self

    def urls(self) -> tuple[tuple[str, str, set[str]], ...]:
        """Every address: the key it stands at, the address, and the tokens it may hold."""
        settings = {"host", "account"}
        found = [
            ("auth.token_url", self.auth.token_url, settings),
            ("fetch.url", self.fetch.url if self.fetch else "", settings | {"id"}),
            ("write.url", self.write.url if self.write else "", settings | {"id", "fields"}),
            (
                "list.url",
                self.list.url if self.list else "",
                settings | {"since", "until", "cursor", "offset", "size"},
            ),
            ("picture.url", self.picture.url if self.picture else "", settings | {"id"}),
            ("probe.url", self.probe.url if self.probe else "", settings),
            ("page", self.page, settings | {"id"}),
            *(("picture.hosts", f"https://{one}", settings) for one in (self.picture.hosts if self.picture else ())),
        ]
        return tuple(one for one in found if one[1])


def _check_url(name: str, url: str, allowed: set[str]) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.netloc or parts.fragment or not url.isascii() or not url.isprintable():
        raise ValueError(f"{name} is no https address")
    if not re.fullmatch(r"(?:[a-z0-9-]+|\{[a-z_]+\})(?:\.(?:[a-z0-9-]+|\{[a-z_]+\}))*", parts.netloc):
        raise ValueError(f"{name} names no plain host")
    if set(_TOKEN.findall(parts.netloc)) - _HOST_TOKENS:
        raise ValueError(f"{name}: a host is made of settings only")
    if strange := sorted(set(_TOKEN.findall(url)) - allowed - _HOST_TOKENS):
        raise ValueError(f"{name} holds {{{strange[0]}}}, which is not known there")
    if re.search(r"[{}]", _TOKEN.sub("", url)):
        raise ValueError(f"{name} holds a brace that is no token")
