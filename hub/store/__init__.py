"""The only SQL of the hub: one file per table family; functions take a transaction and return domain types."""

from hub.store.database import Database

__all__ = ["Database"]
