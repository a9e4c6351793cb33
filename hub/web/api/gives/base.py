"""What every answer of the API is built on, and how a problem reads."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Problem(BaseModel):
    """An RFC 9457 problem: what happened, why, what to do instead, and who acts."""

    type: str = Field(description="A page that explains this kind of problem.")
    title: str
    status: int
    detail: str = Field(description="What happened.")
    code: str = Field(description="The kind of problem; it never changes its meaning.")
    why: str
    instead: str
    who: str = Field(description="Who can do something about it.")
    help: str
    fields: dict[str, str] | None = Field(None, description="What is wrong with each field.")
    id: str | None = Field(None, description="Under which id a fault is logged.")
