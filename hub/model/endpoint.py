"""Where a model is reached: one OpenAI-compatible endpoint, the model's name, key, timeout and price there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import urlsplit

from hub.errors import ConfigurationError
from hub.sdk.settings import Secret

OPENAI = "https://api.openai.com/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One endpoint.

    Args:
        base_url: up to and without ``/chat/completions``, such as ``http://localhost:11434/v1``. For Azure either the
            resource (``https://NAME.openai.azure.com``, with ``api_version``) or its ``/openai/v1`` (without).
        model: the model's name there; on Azure the deployment's name.
        api_key: None for an endpoint that asks for none.
        timeout: seconds one ``ask`` may take here, tries and pauses included.
        api_version: for Azure's dated API: sent as a query parameter, and then the key goes in the ``api-key`` header.
        price_in: micro-dollars per million input tokens; with ``price_out`` it overrides the built-in price list.
        price_out: micro-dollars per million output tokens.
        headers: sent along with each call, for gateways that want them. Their values never show.
        pictures: False for a model that sees none. It is not sent any then, and says so, instead of being asked and
            answering from the words alone, as some servers do without an error.

    Raises:
        ConfigurationError: the address is no plain http(s) URL, the model has no name, the key fits no header,
            or only half a price is given.
    """

    base_url: str = OPENAI
    model: str
    api_key: Secret | None = None
    timeout: float = 60.0
    api_version: str = ""
    price_in: int | None = None
    price_out: int | None = None
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    pictures: bool = True

    def __post_init__(self) -> None:
        # The address itself stays out of the messages: someone may have put a key into it.
        if not _is_plain(self.base_url):
            raise ConfigurationError(
                "The model's base URL is no plain http(s) address. Write it like https://api.openai.com/v1, "
                "and the key and the api-version in their own settings."
            )
        if not self.model:
            raise ConfigurationError(
                "The model's name is empty. Write the one the endpoint knows, such as gpt-4o-mini."
            )
        if self.timeout <= 0:
            raise ConfigurationError("The model's timeout is not above zero. Write seconds, such as 60.")
        if any(not _fits_header(value) for value in (self._key, *self.headers.values())):
            # Sent as it is it would fail in the middle of a call, in an error that quotes it.
            raise ConfigurationError(
                f"The key of {self.model}, or one of its headers, holds a line break or a character outside ASCII. "
                "Copy it again, without anything around it."
            )
        if (self.price_in is None) != (self.price_out is None):
            raise ConfigurationError(f"The price of {self.model} lacks one half. Write both: input and output tokens.")

    @property
    def host(self) -> str:
        """The host as errors and logs name the endpoint."""
        return urlsplit(self.base_url).hostname or ""

    @property
    def is_openai(self) -> bool:
        """Whether this is OpenAI's own API or Azure's, which know ``max_completion_tokens``."""
        return self.host.endswith((".openai.com", ".azure.com"))

    @property
    def _key(self) -> str:
        return self.api_key.reveal() if self.api_key else ""

    @property
    def sends_bearer(self) -> bool:
        """Whether the key goes in the ``Authorization`` header."""
        return bool(self.api_key) and not self.api_version

    @property
    def url(self) -> str:
        """The base URL that ``/chat/completions`` is appended to."""
        base = self.base_url.rstrip("/")
        if self.api_version and not urlsplit(base).path.strip("/"):
            # Azure's dated API has the deployment in the path: learn.microsoft.com/azure/ai-services/openai/reference
            return f"{base}/openai/deployments/{self.model}"
        return base


def _fits_header(value: str) -> bool:
    return value.isascii() and value.isprintable() and value == value.strip()


def _is_plain(url: str) -> bool:
    """Whether the URL is http(s) with a host, and holds no credentials, query or fragment."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return False
    extras = parts.username or parts.password or parts.query or parts.fragment
    return parts.scheme in ("http", "https") and bool(host) and port != 0 and not extras
