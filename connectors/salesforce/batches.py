"""Writes many records a call (collections), each with an answer of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from connectors.salesforce.refusals import About, row_refusal
from hub.sdk import BadRequest, InlayError, Json, Unavailable

#: What one call takes (api_rest, resources_composite_sobjects_collections_upsert), and a size that stays far from any
#: limit on a request.
ROWS, BYTES = 200, 4_000_000
#: A row as it is sent.
Body: TypeAlias = Callable[[Mapping[str, Any]], Mapping[str, Any]]


def write(
    send: Callable[[str], Any], object: str, about: About, rows: Sequence[Mapping[str, Any]], body: Body
) -> list[Json | InlayError]:
    """One answer a row, in the same order. Where a whole call fails, its rows and those not sent yet have its error.

    Args:
        send: makes one call with this JSON and gives what was answered.
        body: makes of a row what is sent; a BadRequest is that row's answer.
    """
    answers: list[Json | InlayError] = [Unavailable("Not sent.")] * len(rows)
    good: list[tuple[int, str]] = []
    for at, one in enumerate(rows):
        try:
            good.append((at, json.dumps({"attributes": {"type": object}, **body(one)})))
        except BadRequest as error:
            answers[at] = error
    chunks = list(_chunks(good))
    for number, chunk in enumerate(chunks):
        try:
            told = send(f'{{"allOrNone": false, "records": [{", ".join(text for _, text in chunk)}]}}')
            if not isinstance(told, list) or len(told) != len(chunk):
                raise Unavailable("Salesforce did not answer for every record of a call.")
        except InlayError as error:
            for at, _ in (pair for later in chunks[number:] for pair in later):
                answers[at] = error
            break
        for (at, _), result in zip(chunk, told, strict=True):
            answers[at] = _answer(result, about, object, rows[at])
    return answers


def _chunks(rows: Sequence[tuple[int, str]]) -> Iterator[list[tuple[int, str]]]:
    chunk: list[tuple[int, str]] = []
    size = 0
    for row in rows:
        if chunk and (len(chunk) == ROWS or size + len(row[1]) > BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(row)
        size += len(row[1])
    if chunk:
        yield chunk


def _answer(result: Any, about: About, object: str, sent: Mapping[str, Any]) -> Json | InlayError:
    if not isinstance(result, dict):
        return Unavailable("Salesforce did not answer for every record of a call.")
    if result.get("success") is True and isinstance(result.get("id"), str):
        return result
    return row_refusal(result.get("errors"), about, object, sent)
