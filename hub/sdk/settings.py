"""How a plugin declares what an admin fills in, and ``Secret``, which never shows itself."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema


class Secret:
    """A string that prints as ``Secret(***)`` everywhere. Only ``reveal()`` gives the value."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself. Call it where it leaves for the vendor, and nowhere else."""
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __reduce__(self) -> Any:
        raise TypeError("a Secret is not pickled")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls._validate, serialization=core_schema.plain_serializer_function_ser_schema(lambda _: "***")
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: Any) -> dict[str, Any]:
        return {"type": "string", "format": "password", "writeOnly": True}

    @classmethod
    def _validate(cls, value: Any) -> Secret:
        if isinstance(value, Secret):
            return value
        if isinstance(value, str):
            return cls(value)
        raise ValueError("a secret is a string")


class ConnectorSettings(BaseModel):
    """The base of a connector's settings: frozen, and a misspelt name is an error.

    Give every field a ``description``: it is the help an admin reads. ``hosts()`` names the only hosts the connection's
    HTTP client will ever call. ``asked_first`` are the fields a set-up begins with, in order; the others come below.
    ``long_secrets`` are those of several lines, such as a private key.

    A secret that has a sibling ``<name>_previous`` can be changed with an overlap: the connector accepts both until the
    admin ends it.
    """

    asked_first: ClassVar[tuple[str, ...]] = ()
    long_secrets: ClassVar[tuple[str, ...]] = ()
    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    def hosts(self) -> frozenset[str]:
        """The hosts this connection may call, as ``host`` or ``host:port``."""
        return frozenset()

    @classmethod
    def secret_names(cls) -> frozenset[str]:
        """The names of the fields that hold a ``Secret``."""
        return frozenset(name for name, info in cls.model_fields.items() if "Secret" in repr(info.annotation))
