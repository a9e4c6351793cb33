"""One endpoint as a ``Model``, over the openai SDK: asks, tries again, and says what came of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING

from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, stop_before_delay
from tenacity.stop import stop_base
from tenacity.wait import wait_random_exponential

from hub.domain import Usage
from hub.errors import BadAnswer, InlayError, TryLater
from hub.model import failures, prices
from hub.model.endpoint import Endpoint
from hub.model.reading import Said, read
from hub.model.shape import Learnt
from hub.model.tokens import estimate_tokens, prompt_tokens
from hub.sdk.model import Answer, Prompt

if TYPE_CHECKING:
    import httpx2
    from openai import OpenAI

CONNECT = 5.0
LONGEST_PAUSE = 10.0
"""Seconds. A longer pause than this is not made here: the run waits, and the worker does other work."""

_backoff = wait_random_exponential(multiplier=0.5, max=LONGEST_PAUSE)


class OpenAIModel:
    """Fulfils ``Model`` at one OpenAI-compatible endpoint. One object serves any number of threads.

    Args:
        endpoint: where, which model, which key.
        name: what the hub calls it; the model's name when left out.
        tries: calls at most per ``ask``, when the endpoint is busy or away.
        pause: waits that many seconds between tries.
    """

    simulated = False

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        name: str = "",
        tries: int = 3,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.endpoint = endpoint
        self.name = name or endpoint.model
        self._learnt = Learnt(endpoint)
        self._client: OpenAI | None = None
        self._pricer: prices.Pricer | None = None
        self._lock = threading.Lock()
        self._retrying = Retrying(
            retry=retry_if_exception_type(TryLater),
            wait=_wait,
            stop=_AskedToWaitLong() | stop_after_attempt(tries) | stop_before_delay(endpoint.timeout),
            sleep=pause,
            reraise=True,
        )

    def ask(self, prompt: Prompt) -> Answer:
        """One answer, within the endpoint's ``timeout``.

        A call that is turned away or cut off is sent again, as often as ``tries`` says. One that got no answer in time
        has used up the time; the next endpoint or the run goes on from there.

        Raises:
            RateLimited: too many requests; ``after`` is the vendor's Retry-After.
            Unavailable: no answer, or the vendor's own failure.
            VendorRefused: the key, the model's name, the account, the picture or the request is refused.
            BadAnswer: what came is no answer; ``usage`` is set when it was paid for.
        """
        if prompt.pictures and not self.endpoint.pictures:
            raise failures.of_picture(self.endpoint, "The hub's settings say that it sees none.")
        begun = time.monotonic()
        said = self._retrying(self._try, prompt, begun + self.endpoint.timeout)
        usage = self._usage(said, prompt, begun)
        if isinstance(said.error, BadAnswer):
            said.error.usage = usage if said.answered else None
        if said.error is not None:
            raise said.error
        return Answer(text=said.text, usage=usage)

    def price_micros(self, input_tokens: int, output_tokens: int) -> int | None:
        """What these tokens cost, in micro-dollars, rounded up; None when no price is known."""
        if self._pricer is None:
            given, taken = self.endpoint.price_in, self.endpoint.price_out
            if given is not None and taken is not None:
                self._pricer = prices.per_million(given, taken)
            else:
                self._pricer = prices.listed(self.endpoint.model, self.endpoint.base_url)
        return self._pricer(input_tokens, output_tokens)

    def warm(self) -> None:
        """Load the SDK and the price list now (about a second), so that the first answer does not wait for it."""
        self._sdk()
        self.price_micros(0, 0)

    def close(self) -> None:
        """Close the connections. The next ``ask`` opens new ones."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def __repr__(self) -> str:
        return f"OpenAIModel({self.name} at {self.endpoint.host})"

    def _try(self, prompt: Prompt, until: float) -> Said:
        """One try, with as many calls as it takes to find out how the endpoint wants to be asked: four at most.

        A refusal costs no tokens. Raises ``TryLater`` when trying again may help, ``VendorRefused`` when not.
        """
        from openai import APIConnectionError, APIStatusError, APITimeoutError

        shape = self._learnt.shape(prompt.schema)
        refusals: list[object] = []
        while True:
            failure: InlayError
            try:
                body = self._post(shape.body(self.endpoint, prompt), until)
            except APIStatusError as error:
                status, fault, headers = error.status_code, error.body, error.response.headers
                if status in (400, 422) and len(refusals) < 3:
                    other = self._learnt.other(shape, fault)
                    if other is not None:
                        refusals.append(fault)
                        shape = other
                        continue
                failure = failures.of_status(status, fault, headers, self.endpoint, pictures=bool(prompt.pictures))
            except APITimeoutError:
                failure = failures.of_silence(self.endpoint, timed_out=True, kind="")
            except APIConnectionError as error:
                kind = type(error.__cause__ or error).__name__
                failure = failures.of_silence(self.endpoint, timed_out=False, kind=kind)
            else:
                break
            # Raised out here, so that nothing of the SDK's error, which quotes the vendor, hangs on to it.
            raise failure
        if refusals:
            self._learnt.keep(shape, prompt.schema, refusals)
        said = read(body, self.endpoint, prompt.max_tokens, pictures=bool(prompt.pictures))
        if isinstance(said.error, TryLater):
            raise said.error
        if said.error is None and shape.format == "json_schema" and not said.text.lstrip().startswith("{"):
            self._learnt.ignores_format()
        if (said.output_tokens or 0) > prompt.max_tokens:
            self._learnt.ignores_limit()
        return said

    def _post(self, content: bytes, until: float) -> bytes:
        import httpx2
        from openai import Omit

        left = max(until - time.monotonic(), 0.05)
        # Not chat.completions.create: it takes 2 ms of CPU per call to check what goes out and to build objects of what
        # comes back, and nobody here needs either. Posting bytes is the SDK's documented way for requests of one's own.
        answer = self._sdk().post(
            "/chat/completions",
            cast_to=httpx2.Response,
            content=content,
            options={
                "timeout": httpx2.Timeout(left, connect=min(CONNECT, left), pool=min(CONNECT, left)),
                # Left out where no key is sent, or another header holds it; the SDK takes that per call only.
                "headers": {} if self.endpoint.sends_bearer else {"Authorization": Omit()},
            },
        )
        return answer.content

    def _usage(self, said: Said, prompt: Prompt, begun: float) -> Usage:
        """What was used. An answer that does not say is counted as the most it can have been."""
        given, taken = said.input_tokens, said.output_tokens
        given = prompt_tokens(prompt) if given is None else given
        taken = estimate_tokens(said.text) if taken is None else taken
        return Usage(
            model=self.endpoint.model,
            input_tokens=given,
            output_tokens=taken,
            cost_micros=self.price_micros(given, taken) if said.answered else None,
            calls=1 if said.answered else 0,
            ms=(time.monotonic() - begun) * 1000,
        )

    def _sdk(self) -> OpenAI:
        if self._client is None:
            with self._lock:
                if self._client is None:
                    self._client = _client(self.endpoint)
        return self._client


def _client(endpoint: Endpoint) -> OpenAI:
    """The SDK's client, with one pool of connections. Imported here: the SDK takes half a second to load."""
    import httpx2
    from openai import OpenAI

    # At every call the SDK looks whether httpx is loaded too (openai/_httpx2.py). While another thread is half through
    # loading it, as spaCy does, it is there without its names, and the call fails. From here on it is whole.
    with suppress(ImportError):
        import_module("httpx")

    from hub.model.transport import BoundedTransport

    limits = httpx2.Limits(max_connections=256, max_keepalive_connections=128, keepalive_expiry=30.0)
    http: httpx2.Client = httpx2.Client(
        # trust_env=False: a proxy variable of the environment must not carry the key to a host nobody configured.
        transport=BoundedTransport(limits=limits),
        trust_env=False,
        follow_redirects=False,
    )
    key = endpoint.api_key.reveal() if endpoint.api_key else ""
    # Answers are small: not to have them compressed saves time, and leaves nothing that could unpack without end.
    headers = {"Accept-Encoding": "identity", **endpoint.headers}
    if endpoint.api_version:
        headers["api-key"] = key
    client = OpenAI(
        # The SDK wants some key, also where none is sent.
        api_key=key or "none",
        base_url=endpoint.url,
        max_retries=0,
        default_headers=headers,
        default_query={"api-version": endpoint.api_version} if endpoint.api_version else None,
        http_client=http,
    )
    # The SDK takes these from OPENAI_ORG_ID and OPENAI_PROJECT_ID, and would tell them to any vendor.
    client.organization = client.project = None
    return client


def _after(state: RetryCallState) -> float | None:
    error = state.outcome.exception() if state.outcome else None
    return error.after if isinstance(error, TryLater) else None


def _wait(state: RetryCallState) -> float:
    """The vendor's Retry-After, or longer and longer with chance in it, so that many workers do not return at once."""
    after = _after(state)
    return _backoff(state) if after is None else after


class _AskedToWaitLong(stop_base):
    def __call__(self, retry_state: RetryCallState) -> bool:
        return (_after(retry_state) or 0.0) > LONGEST_PAUSE
