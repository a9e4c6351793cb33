"""The API against its own OpenAPI document: whatever is thrown at it, no fault, and every answer as described."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from hub.clean import clean_json
from tests.flow.web.site import Site, open_site

load_all_checks()
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    ignored_auth,
    negative_data_rejection,
    unsupported_method,
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with open_site(tmp_path_factory.mktemp("schema")) as opened:
        opened.start(Prefer="wait=20")
        yield opened


@pytest.fixture(scope="module")
def document(site: Site) -> Any:
    return schemathesis.openapi.from_wsgi("/openapi.json", site.app)


OPERATIONS = [
    ("post", "/api/v1/runs"),
    ("get", "/api/v1/runs"),
    ("get", "/api/v1/runs/{run_id}"),
    *[
        ("post", f"/api/v1/runs/{{run_id}}/{act}")
        for act in ("accept", "reject", "cancel", "resume", "undo", "feedback")
    ],
    ("get", "/api/v1/templates"),
    ("get", "/api/v1/templates/{name}"),
    ("get", "/api/v1/workflows"),
    ("get", "/api/v1/connections"),
    *[("post", f"/api/v1/connections/{{name}}/{act}") for act in ("enable", "disable", "pause", "resume", "probe")],
    ("get", "/api/v1/connections/{name}/probes"),
    ("get", "/api/v1/budget"),
    ("post", "/api/v1/budget/raise"),
    ("get", "/api/v1/reviews"),
    ("get", "/api/v1/reviews/{review_id}"),
    ("post", "/api/v1/reviews/{review_id}/accept"),
    ("post", "/api/v1/reviews/{review_id}/reject"),
    ("post", "/api/v1/runs/{run_id}/mend"),
    ("post", "/api/v1/runs/{run_id}/edit"),
    ("get", "/api/v1/runs/{run_id}/provenance"),
    ("post", "/api/v1/runs/{run_id}/evidence/{evidence_id}/dealt-with"),
    ("get", "/api/v1/evidence"),
    ("get", "/api/v1/evidence/lapsed"),
    ("get", "/api/v1/lineage"),
    ("post", "/api/v1/lineage"),
]


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["as said", "against it"])
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_nothing_thrown_at_the_api_is_a_fault(
    site: Site, document: Any, method: str, path: str, mode: GenerationMode
) -> None:
    known = site.client().get("/api/v1/runs", headers=site.bearer()).json["runs"][0]["id"]

    @settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None)
    @given(case=document[path][method].as_strategy(generation_mode=mode))
    def throw(case: Any) -> None:
        if "run_id" in case.path_parameters and len(str(case.path_parameters["run_id"])) % 2:
            case.path_parameters["run_id"] = known
        # What no system stores is taken out of a text first: one that was a character too long may fit then.
        checks = CHECKS if clean_json(case.body) == case.body else [not_a_server_error]
        case.call_and_validate(headers=site.bearer(), checks=checks)

    try:
        throw()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE, "this operation takes nothing"


def test_every_operation_is_thrown_at(document: Any) -> None:
    there = {(method, path) for path in document for method in document[path] if path.startswith("/api/")}
    assert there == set(OPERATIONS)


def test_the_document_is_openapi_3_1_and_names_what_is_there(site: Site) -> None:
    said = site.client().get("/openapi.json").json
    assert said["openapi"].startswith("3.1")
    routes = {rule.rule.replace("<", "{").replace(">", "}") for rule in site.app.url_map.iter_rules()}
    api = {rule for rule in routes if rule.startswith("/api/")}
    assert {path for path in said["paths"] if path.startswith("/api/")} == api
    start = said["paths"]["/api/v1/runs"]["post"]
    assert {"200", "202", "401", "404", "409", "413", "415", "422", "503"} <= set(start["responses"])
    assert {parameter["name"] for parameter in start["parameters"]} == {"Idempotency-Key", "Prefer"}
    assert said["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
