"""What pydantic finds wrong, in words for people."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from hub import faults
from hub.configure.declared import Email, EvidenceId, Name


class Form(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, StringConstraints(min_length=1, max_length=3)] = "a"
    long: Annotated[str, StringConstraints(min_length=8)] = "long enough"
    mail: Email = "mara@example.com"
    name: Name = "brand"
    key: EvidenceId = "A-1"
    code: Annotated[str, StringConstraints(pattern="^[A-Z]{2}$")] = "DE"
    whole: Annotated[int, Field(ge=1, le=4000)] = 1
    hours: Annotated[float, Field(gt=0, lt=0.5)] = 0.25
    money: Annotated[Decimal, Field(ge=0, decimal_places=2)] = Decimal(0)
    day: Annotated[date, Field(ge=date(2026, 1, 1))] = date(2026, 1, 2)
    yes: bool = False
    some: Annotated[list[str], Field(min_length=1, max_length=2)] = Field(default_factory=lambda: ["a"])
    table: dict[str, str] = Field(default_factory=dict)
    kind: Literal["small", "large"] = "small"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"text": ""}, "This is empty."),
        ({"text": 5}, "Write a text."),
        ({"text": "abcd"}, "Write at most 3 characters."),
        ({"long": "short"}, "Write at least 8 characters."),
        ({"mail": "mara"}, "Write an e-mail address."),
        ({"name": "Brand team"}, "Write a name of lower-case letters, digits, - and _."),
        ({"key": "1"}, "Write letters, digits, . - and _, a letter first."),
        ({"code": "de"}, "This is not written as it has to be."),
        ({"whole": "x"}, "Write a whole number."),
        ({"whole": 1.5}, "Write a whole number."),
        ({"whole": 0}, "Write 1 or more."),
        ({"whole": 4001}, "Write 4,000 or less."),
        ({"hours": "x"}, "Write a number."),
        ({"hours": 0}, "Write more than 0."),
        ({"hours": 1}, "Write less than 0.5."),
        ({"money": "x"}, "Write a number."),
        ({"money": "1.234"}, "Write at most 2 digits behind the point."),
        ({"day": "soon"}, "Write a day such as 2026-11-26."),
        ({"day": "2025-01-01"}, "Write 2026-01-01 or more."),
        ({"yes": "perhaps"}, "Write true or false."),
        ({"some": "a"}, "A list belongs here."),
        ({"some": []}, "Name at least 1."),
        ({"some": ["a", "b", "c"]}, "Name at most 2."),
        ({"table": "a"}, "Keys and values belong here."),
        ({"kind": "huge"}, "Write 'small' or 'large'."),
        ({"other": 1}, "This is not known here."),
    ],
    ids=str,
)
def test_what_is_wrong_with_a_value_is_said_in_plain_words(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Form.model_validate(given)
    (fault,) = caught.value.errors()
    assert faults.sentence(fault) == sentence
    assert faults.said(fault)[1:] == sentence[1:-1]
