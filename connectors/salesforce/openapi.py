"""The button's calls as an OpenAPI document that Salesforce's External Services takes: flat, and nothing it refuses.

Salesforce takes objects of plain values, and no enum, no float and no oneOf
(flow_http_callout_considerations, external_services_schema_def_limits).
"""

from __future__ import annotations

from typing import Any

from connectors.salesforce.button import Asked

_PERSON = "Who asks, by e-mail address. Leave it empty where the External Credential sends it."
_JOB = {
    "job_id": "The job's id.",
    "status": "How far it is: queued, answered, in_review, delivered, or how it ended.",
    "status_url": "Where to look again.",
    "text": "The draft, once there is one.",
    "output_url": "The AI Output record, once it is written.",
    "run_url": "The job's page in Inlay, with everything that was checked.",
    "problem": "What happened and what to do, when it stopped.",
}
_PROBLEM = {
    "error": "What happened.",
    "why": "Why.",
    "instead": "What to do instead.",
    "code": "The kind of problem, in one word that never changes.",
}
#: The answers besides the good one: a flow sees only those the file names.
_REFUSALS = {
    "400": "The call cannot be worked on.",
    "401": "The token or the person is missing or wrong.",
    "403": "The person is in no team that uses this connection.",
    "404": "There is no such job, template or workflow.",
    "409": "The request key was used for something else.",
    "413": "The call is larger than Inlay reads.",
    "422": "The template needs something else: it is named.",
    "429": "Too many calls at once.",
    "500": "Something went wrong inside Inlay.",
    "502": "Salesforce itself said no when Inlay asked about the record.",
    "503": "Inlay cannot work at the moment. Try again.",
}


def document(url: str, connection: str) -> dict[str, Any]:
    """The whole document, for the connection at this hub."""
    answers = {code: _answer(what, "Problem") for code, what in _REFUSALS.items()}
    text = {"type": "string"}
    job = {"name": "job_id", "in": "path", "required": True, "schema": text}
    # Where the External Credential cannot say it, the flow does.
    person = {"name": "X-Inlay-Person", "in": "header", "required": False, "schema": text, "description": _PERSON}
    return {
        "openapi": "3.0.3",
        "info": {
            "title": "Inlay",
            "version": "1.0",
            "description": "Ask for a draft on a record, and look how far it is.",
        },
        "servers": [{"url": url.rstrip("/")}],
        "paths": {
            f"/connect/salesforce/{connection}/requests": {
                "post": {
                    "operationId": "askForDraft",
                    "summary": "Ask for a draft on a record.",
                    "parameters": [person],
                    "requestBody": {"required": True, "content": _json("Ask")},
                    "responses": {"202": _answer("It was taken.", "Job"), **answers},
                }
            },
            f"/connect/salesforce/{connection}/requests/{{job_id}}": {
                "get": {
                    "operationId": "lookAtDraft",
                    "summary": "Look how far a job is.",
                    "parameters": [job, person],
                    "responses": {"200": _answer("How far it is.", "Job"), **answers},
                }
            },
        },
        "components": {
            "schemas": {
                "Ask": {
                    "type": "object",
                    "required": [name for name, field in Asked.model_fields.items() if field.is_required()],
                    "properties": {
                        name: {"type": "string", "description": field.description or ""}
                        for name, field in Asked.model_fields.items()
                    },
                },
                "Job": _flat(_JOB),
                "Problem": _flat(_PROBLEM),
            }
        },
    }


def _flat(texts: dict[str, str]) -> dict[str, Any]:
    properties = {name: {"type": "string", "description": what} for name, what in texts.items()}
    return {"type": "object", "required": list(texts), "properties": properties}


def _json(name: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}


def _answer(what: str, name: str) -> dict[str, Any]:
    return {"description": what, "content": _json(name)}
