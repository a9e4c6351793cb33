"""What the sandbox says to a body that is not in Google's schema: the messages measured on the live API."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from googleapiclient.errors import HttpError

from connectors.google_docs.sandbox_schema import BadMask, parse_mask, schema
from tests.connectors.google_docs.sandbox_bench import RECORDINGS, Google, insert, need_recordings, running


@pytest.fixture(scope="module")
def google() -> Any:
    with running() as it:
        it.load("abcdefghijklmnopqrstuv")
        yield it


MEASURED = [
    ("empty request", [{}], {}),
    ("unknown body field", [{"insertText": {"bogusFieldXyz": 1}}], {}),
    ("unknown top-level field", [], {"bogusTopLevelFieldXyz": 1}),
    ("wrong type", [{"insertText": {"location": {"index": "abc"}, "text": "x"}}], {}),
    (
        "two request kinds in one entry",
        [{**insert(1, "x"), "deleteContentRange": {"range": {"startIndex": 1, "endIndex": 2}}}],
        {},
    ),
]


def measured(when: str) -> str:
    need_recordings()
    errors = json.loads((RECORDINGS / "measured" / "docs-api-errors.json").read_text(encoding="utf-8"))["errors"]
    return next(one["message"] for one in errors if one["when"] == when)


@pytest.mark.parametrize(("when", "requests", "more"), MEASURED, ids=[one[0] for one in MEASURED])
def test_a_bad_body_is_refused_in_the_measured_words(google: Google, when: str, requests: Any, more: Any) -> None:
    with pytest.raises(HttpError) as caught:
        google.docs().batchUpdate(documentId="doc", body={"requests": requests, **more}).execute()
    assert (caught.value.status_code, caught.value.reason) == (400, measured(when))
    error = json.loads(caught.value.content)["error"]
    assert error["status"] == "INVALID_ARGUMENT"


def test_comments_without_tabs_and_unknown_parameters_are_refused_in_the_measured_words(google: Google) -> None:
    docs = google.docs()
    with pytest.raises(HttpError) as caught:
        docs.get(documentId="doc", commentsViewMode="COMMENTS_VIEW_MODE_INCLUDED").execute()
    assert caught.value.reason == measured("commentsViewMode without includeTabsContent")
    request = docs.get(documentId="doc")
    request.uri += "&bogusQueryParamXyz=1"
    with pytest.raises(HttpError) as caught:
        request.execute()
    assert caught.value.reason == measured("unknown query parameter")


def test_an_unknown_word_of_an_enumeration_and_half_a_surrogate_pair_are_refused(google: Google) -> None:
    assert "write_control.write_mode" in google.refusal(insert(1, "x"), writeMode="MAYBE")
    assert "surrogate" in google.refusal(insert(1, "\ud83d"))


def test_numbers_as_strings_nulls_and_snake_case_are_read_as_google_reads_them() -> None:
    body = {
        "requests": [{"insert_text": {"location": {"index": "5", "tabId": None}, "text": "x"}}],
        "writeControl": None,
    }
    assert schema("docs.v1").parse("BatchUpdateDocumentRequest", body) == {"requests": [insert(5, "x")]}


@pytest.mark.parametrize(
    "reply",
    [{"titel": "x"}, {"title": 1}, {"title": None}, {"tabs": [{"tabProperties": {"index": "1"}}]}, {"tabs": {}}],
)
def test_a_reply_that_is_not_in_the_schema_is_found(reply: dict[str, Any]) -> None:
    assert schema("docs.v1").problems("Document", reply)
    assert not schema("docs.v1").problems("Document", {"title": "x"})


def test_the_samples_hold_against_an_independent_validator(google: Google) -> None:
    import googleapiclient.discovery_cache as shipped

    path = Path(next(iter(shipped.__path__))) / "documents" / "docs.v1.json"
    raw = json.loads(path.read_text(encoding="utf-8"))
    defs = {key: _json_schema(value) for key, value in raw["schemas"].items()}
    validator = jsonschema.Draft202012Validator({"$ref": "#/$defs/Document", "$defs": defs})
    with running(sample=True) as sandbox:
        for id in ("demo-launch-brief", "demo-newsletter", "demo-product-page"):
            assert [error.message for error in validator.iter_errors(sandbox.get(id))] == []


def _json_schema(raw: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in raw:
        return {"$ref": f"#/$defs/{raw['$ref']}"}
    made: dict[str, Any] = {key: raw[key] for key in ("type", "enum") if key in raw}
    if "items" in raw:
        made["items"] = _json_schema(raw["items"])
    if raw.get("type") == "object":
        made["properties"] = {key: _json_schema(value) for key, value in raw.get("properties", {}).items()}
        more = raw.get("additionalProperties")
        made["additionalProperties"] = _json_schema(more) if more else False
    return made


def test_a_mask_is_read_with_brackets_slashes_and_dots() -> None:
    assert parse_mask("a, b(c,d/e),f.g") == {"a": {}, "b": {"c": {}, "d": {"e": {}}}, "f": {"g": {}}}
    for bad in ("", "a,", "a(b", "a)", "a b", "(a)", "a//b", "a;b"):
        with pytest.raises(BadMask):
            parse_mask(bad)
