"""The only SQL of the hub: one file per table family; functions take a transaction and return domain types."""

from sqlalchemy.engine import Connection as Tx

from hub.store.database import Database

__all__ = ["Database", "Tx"]
