"""What tokens cost, by the price list that genai-prices carries: no network, and None for a model it does not know."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

Pricer = Callable[[int, int], int | None]
"""Takes input and output tokens, gives micro-dollars, rounded up."""

_MILLION = 1_000_000


def unpriced(input_tokens: int, output_tokens: int) -> None:
    """The price of a model nobody has priced."""
    return None


def per_million(price_in: int, price_out: int) -> Pricer:
    """A pricer from micro-dollars per million tokens."""
    return lambda given, taken: -(-(given * price_in + taken * price_out) // _MILLION)


def listed(model: str, base_url: str) -> Pricer:
    """The pricer of a model as the price list has it, ``unpriced`` when it has not.

    The provider is the one whose address this is. At an unknown address, such as a gateway's, the model's name decides:
    ``openai/gpt-4o`` says it outright, ``gpt-4o`` by its beginning. A name with a tag (``deepseek-r1:8b``) is a local
    model and has no price, whatever a hosted one of that name costs.
    """
    # Imported here: the list is 30 MB in memory and 0.4 s to load, and a hub without a model needs none of it.
    from genai_prices import data_snapshot, types

    snapshot = data_snapshot.get_snapshot()
    prefix, slash, rest = model.partition("/")
    places: list[tuple[str, str | None, str | None]] = [(model, None, base_url)]
    if ":" not in model:
        places += [(rest, prefix, None)] if slash else [(model, None, None)]
    for name, provider_id, url in places:
        try:
            provider, info = snapshot.find_provider_model(name, None, provider_id, url)
        except LookupError:
            if url is not None and _known_address(snapshot, url):
                return unpriced
            continue
        price = info.prices
        if isinstance(price, types.ModelPrice):
            given, taken = getattr(price, "input_mtok", None), getattr(price, "output_mtok", None)
            if isinstance(given, Decimal) and isinstance(taken, Decimal):
                # Nearly all prices are flat, and multiplying takes a thousandth of what the library takes (0.2 ms).
                return per_million(_micros(given), _micros(taken))
        return _by_library(name, provider.id)
    return unpriced


def _by_library(name: str, provider_id: str) -> Pricer:
    from genai_prices import Usage, calc_price

    def price(input_tokens: int, output_tokens: int) -> int | None:
        usage = Usage(input_tokens=input_tokens, output_tokens=output_tokens)
        try:
            return _micros(calc_price(usage, name, provider_id=provider_id).total_price)
        except (LookupError, ValueError):
            return None

    return price


def _known_address(snapshot: object, url: str) -> bool:
    try:
        snapshot.find_provider(None, None, url)  # type: ignore[attr-defined]
    except LookupError:
        return False
    return True


def _micros(dollars: Decimal) -> int:
    micros = dollars * _MILLION
    return int(micros) + (micros != int(micros))
