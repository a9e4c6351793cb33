"""Every setting of the hub, declared once: its name is the environment variable ``INLAY_<NAME>``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, get_origin

from pydantic import Field, ValidationError
from pydantic_core import from_json
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from hub import faults
from hub.errors import ConfigurationError
from hub.sdk.settings import Secret


class Settings(BaseSettings):
    """Read from the environment, or from files: ``INLAY_SECRET_KEY_FILE`` names one that holds ``INLAY_SECRET_KEY``."""

    model_config = SettingsConfigDict(env_prefix="INLAY_", frozen=True, extra="forbid", hide_input_in_errors=True)

    home: Path = Field(default=Path(".inlay"), description="Folder for the embedded database and the generated key.")
    database_url: str = Field(
        default="", description="sqlite:///file or postgresql://…; empty means an SQLite file in INLAY_HOME."
    )
    broker_url: str = Field(
        default="", description="redis://… or amqp://… to share work between machines; empty keeps it in this process."
    )
    queue_prefix: str = Field(default="inlay", description="Names this hub's queues on a shared broker.")
    secret_key: Secret | None = Field(
        default=None,
        description="Keys that protect stored secrets and the ledger, newest first, separated by commas. "
        "Generated in INLAY_HOME when empty.",
    )

    host: str = Field(default="127.0.0.1", description="Address the web server listens on.")
    port: int = Field(default=8800, ge=0, le=65535, description="Port the web server listens on.")
    processes: int = Field(default=1, ge=1, le=64, description="Web processes of `inlay serve`.")
    threads: int = Field(default=16, ge=1, le=512, description="Requests one web process works on at once.")
    public_url: str = Field(default="", description="The address people use, for links; empty means http://HOST:PORT.")
    trusted_proxies: int = Field(
        default=0,
        ge=0,
        le=10,
        description="Proxies of yours that each add X-Forwarded-For: tries to sign in are then counted per client.",
    )
    max_body_bytes: int = Field(
        default=5_000_000,
        ge=1_000,
        description="The largest request the hub reads, in bytes: a batch of events, or a run with a picture.",
    )

    workers: int = Field(default=8, ge=0, le=256, description="Runs one process works on at once in the background.")
    lease_seconds: float = Field(
        default=15.0, gt=0, description="How long a run stays with a worker that has gone silent."
    )
    reap_seconds: float = Field(
        default=0.5, gt=0, description="How often a process looks for runs whose time has come or whose worker died."
    )
    max_attempts: int = Field(
        default=12, ge=1, description="Tries of one stage before the run says that it failed and who can help."
    )

    model: str = Field(default="", description="Model name sent to the endpoint; empty means the labelled simulator.")
    model_base_url: str = Field(default="", description="Any OpenAI-compatible endpoint; empty means api.openai.com.")
    model_api_key: Secret | None = Field(default=None, description="Key of the model endpoint.")
    model_api_version: str = Field(default="", description="Azure only: the api-version to send.")
    model_timeout: float = Field(default=60.0, gt=0, description="Seconds one model call may take.")
    model_pictures: bool = Field(default=True, description="Whether the model sees pictures; false sends it none.")
    model_fallbacks: list[dict[str, str]] = Field(
        default_factory=list,
        description='Endpoints to try next, as JSON: [{"base_url": …, "model": …, "api_key_env": …}].',
    )
    model_prices: dict[str, tuple[float, float]] = Field(
        default_factory=dict,
        description='Prices the price list does not know, in dollars per million tokens: {"model": [in, out]}.',
    )
    judge_model: str = Field(
        default="", description="Model that judges drafts where a rule-pack asks it to; empty means nobody judges."
    )
    judge_base_url: str = Field(default="", description="Its OpenAI-compatible endpoint; empty means api.openai.com.")
    judge_api_key: Secret | None = Field(default=None, description="Key of the judge's endpoint.")
    judge_api_version: str = Field(default="", description="Azure only: the api-version to send to the judge.")
    judge_timeout: float = Field(default=30.0, gt=0, description="Seconds one call of the judge may take.")

    spacy_model: str = Field(
        default="",
        description="spaCy models that find names of people, separated by commas: installed packages or folders. Empty "
        "means that names are not found.",
    )

    smtp_url: Secret | None = Field(
        default=None,
        description="Where mail goes out: smtps://user:password@host:465, or smtp:// for a server that turns to TLS. "
        "Empty sends none.",
    )
    mail_from: str = Field(default="", description="The address mail comes from, such as inlay@example.com.")

    ledger_heads: Path | None = Field(
        default=None, description="A folder the ledger's daily signed head is written to, to be kept elsewhere."
    )
    keep_texts_days: int = Field(
        default=90,
        ge=0,
        description="Days after a run's end until its inputs, prompts and unused drafts are removed; 0 keeps them.",
    )
    keep_outputs_days: int = Field(
        default=730,
        ge=0,
        description="Days after a run's end until the draft it delivered is removed too; 0 keeps it.",
    )

    session_idle_hours: float = Field(
        default=12.0, gt=0, le=720, description="Hours without a click after which a person signs in anew."
    )
    session_days: float = Field(
        default=7.0, gt=0, le=90, description="Days after signing in after which a person signs in anew, busy or not."
    )
    oidc_issuer: str = Field(
        default="", description="The provider people sign in with (OpenID Connect), such as https://id.example.com."
    )
    oidc_client_id: str = Field(default="", description="The id the provider gave this hub.")
    oidc_client_secret: Secret | None = Field(
        default=None, description="The secret the provider gave this hub; none for a public client."
    )
    oidc_groups_claim: str = Field(
        default="groups", description="The claim in which the provider names a person's groups."
    )
    oidc_scopes: str = Field(default="openid email profile", description="What the hub asks the provider for.")
    oidc_hosts: list[str] = Field(
        default_factory=list,
        description="Hosts besides the issuer's that the provider keeps its keys and tokens on, as JSON. Google: "
        '["oauth2.googleapis.com", "www.googleapis.com"].',
    )
    oidc_trust_email: bool = Field(
        default=False,
        description="Take addresses the provider does not say are verified: only where nobody can choose their own.",
    )
    oidc_only: bool = Field(
        default=False,
        description="People come in through the provider alone: no password, no invitation and no key opens the pages. "
        "The link that `inlay serve` prints still does.",
    )
    oidc_name: str = Field(default="your organisation", description="What the sign-in page calls the provider.")

    templates: Path | None = Field(default=None, description="A folder with .prompty files of your own.")
    plugins_off: list[str] = Field(default_factory=list, description="Entry points to leave out, as JSON.")
    log_level: str = Field(default="INFO", description="DEBUG, INFO, WARNING or ERROR.")
    demo: bool = Field(default=False, description="Demo mode: sign-in without a key, loopback addresses only.")

    @property
    def database(self) -> str:
        """The database URL in force."""
        return self.database_url or f"sqlite:///{(self.home / 'inlay.db').absolute()}"

    @property
    def spacy_models(self) -> tuple[str, ...]:
        """The models that find names of people; none where names are not found."""
        return tuple(filter(None, map(str.strip, self.spacy_model.split(","))))

    @property
    def url(self) -> str:
        """The address people use, without a trailing slash."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")


def load(**given: Any) -> Settings:
    """The settings in force; ``given`` overrides the environment.

    Raises:
        ConfigurationError: names each wrong variable and what is wrong with it, never its value.
    """
    given = {**_from_files(), **given}
    try:
        return Settings(**given)
    except ValidationError as error:
        lines = [f"INLAY_{str(e['loc'][0]).upper()}: {faults.said(e)}" for e in error.errors(include_input=False)]
        raise ConfigurationError("The settings cannot be used:\n  " + "\n  ".join(lines)) from None
    except SettingsError:
        raise ConfigurationError("The settings cannot be used:\n  " + "\n  ".join(_no_json(given))) from None


def _no_json(given: dict[str, Any]) -> list[str]:
    """The variables that hold lists or tables and no JSON; pydantic stops at the first and quotes nothing."""
    wrong = []
    for name, field in Settings.model_fields.items():
        text = os.environ.get(f"INLAY_{name.upper()}")
        if name in given or text is None or get_origin(field.annotation) not in (list, dict):
            continue
        try:
            from_json(text)
        except ValueError:
            wrong.append(f"INLAY_{name.upper()}: this is no JSON")
    return wrong


def _from_files() -> dict[str, str]:
    """Values from ``INLAY_<NAME>_FILE``; a file that cannot be read stops the start."""
    found: dict[str, str] = {}
    for name in Settings.model_fields:
        path = os.environ.get(f"INLAY_{name.upper()}_FILE")
        if path:
            try:
                found[name] = Path(path).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                why = getattr(error, "strerror", None) or "it is no UTF-8 text"
                raise ConfigurationError(
                    f"INLAY_{name.upper()}_FILE names {path}, which cannot be read: {why}."
                ) from None
    return found
