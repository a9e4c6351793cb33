"""Routes: where the output of a workflow goes: to fixed places, to where it was asked, and to what an input names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from hub.domain import Request, Target
from hub.errors import InvalidInputs

#: Stands for the place the request was made at. No connection has such a name.
ORIGIN = Target(connection="@origin", at={})
#: In a place, ``{"from_input": name}`` stands for what the person gives under that name.
FROM = "from_input"


def asks(destinations: Sequence[Target]) -> tuple[str, ...]:
    """The inputs that name places, in order: what a person gives beside the template's own."""
    return tuple(dict.fromkeys(name for target in destinations for name in map(_asked, target.at.values()) if name))


def follow(destinations: Sequence[Target], request: Request) -> Request:
    """The request with the places its workflow sends it to; what named a place is no input of the template any more.

    A surface that writes its own place itself makes requests without a target: then the origin is no destination.

    Raises:
        InvalidInputs: an input that names a place is missing or no text.
    """
    wanted = asks(destinations)
    wrong = {name: "says where the result goes" for name in wanted if not _given(request.inputs.get(name))}
    if wrong:
        raise InvalidInputs("It is not said where the result goes.", fields=wrong)
    places = []
    for target in destinations:
        if target != ORIGIN:
            at = {key: _given(request.inputs.get(name)) if (name := _asked(v)) else v for key, v in target.at.items()}
            places.append(Target(connection=target.connection, at=at))
        elif request.target is not None:
            places.append(request.target)
    inputs = {name: value for name, value in request.inputs.items() if name not in wanted}
    return replace(request, inputs=inputs, destinations=tuple(places))


def _asked(value: Any) -> str | None:
    name = value.get(FROM) if isinstance(value, Mapping) and set(value) == {FROM} else None
    return name if isinstance(name, str) else None


def _given(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""
