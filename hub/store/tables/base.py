"""What every table shares: the metadata with its naming, JSON as text, and the types of ids and times."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from pydantic_core import from_json, to_json
from sqlalchemy.types import TypeDecorator

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class JsonText(TypeDecorator[Any]):
    """A JSON value in a text column, the same on both databases."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> str | None:
        return None if value is None else to_json(value).decode()

    def process_result_value(self, value: str | None, dialect: Any) -> Any:
        return None if value is None else from_json(value)


Id = sa.String(64)
Time = sa.Double
