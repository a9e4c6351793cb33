"""Says for each route what it takes and gives, and writes that into the OpenAPI document."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from apiflask import APIFlask
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from hub.web.api import gives
from hub.web.auth import API
from hub.web.errors import PROBLEM

#: Every route can end in these.
_ALWAYS = (401, 500, 503)
_PHRASES = {
    200: "Done.",
    202: "Taken and stored; it goes on by itself. Location says where to look.",
    400: "The request cannot be worked on.",
    401: "No API key that is in use.",
    403: "Not yours to do, or refused by a rule.",
    404: "Nothing you can reach has this name.",
    409: "It changed meanwhile, or its state forbids this.",
    410: "The target is gone.",
    413: "The body is too large.",
    415: "The body is not sent as JSON.",
    422: "Fields to correct; each is named.",
    429: "Too many at once. Retry-After says how long to wait.",
    500: "A fault of the hub, under an id.",
    502: "The other side refused.",
    503: "Try later. Retry-After says how long to wait.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What one route takes and gives. ``parameters`` are OpenAPI parameter objects."""

    gives: type[BaseModel]
    takes: type[BaseModel] | None = None
    body_required: bool = True
    status: tuple[int, ...] = (200,)
    problems: tuple[int, ...] = ()
    parameters: tuple[Mapping[str, Any], ...] = field(default=())


def described(**said: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Attach a ``Description`` to a view."""

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        view.inlay_description = Description(**said)  # type: ignore[attr-defined]
        return view

    return decorate


def install(app: APIFlask) -> None:
    """Complete the document APIFlask writes, from the descriptions."""

    @app.spec_processor
    def complete(document: Any) -> Any:
        views = {rule.endpoint: view for rule in app.url_map.iter_rules() if (view := _view(app, rule.endpoint))}
        models = {model for view in views.values() for model in _models(view.inlay_description)} | {gives.Problem}
        names = {model: f"{model.__name__}" for model in models}
        _, schemas = models_json_schema(
            [(model, "validation") for model in sorted(models, key=lambda model: names[model])],
            ref_template="#/components/schemas/{model}",
        )
        document.setdefault("components", {})["schemas"] = schemas["$defs"]
        document["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{"key": []}]
        for rule in app.url_map.iter_rules():
            view = views.get(rule.endpoint)
            if view is None:
                continue
            path = rule.rule.replace("<", "{").replace(">", "}")
            for method in (rule.methods or set()) & {"GET", "POST"}:
                _complete(document["paths"][path][method.lower()], view.inlay_description)
        return document


def _view(app: APIFlask, endpoint: str) -> Any:
    view = app.view_functions[endpoint]
    return view if endpoint.startswith(f"{API}.") and hasattr(view, "inlay_description") else None


def _models(said: Description) -> list[type[BaseModel]]:
    return [model for model in (said.gives, said.takes) if model is not None]


def _complete(operation: dict[str, Any], said: Description) -> None:
    operation["parameters"] = [*operation.get("parameters", []), *said.parameters]
    if said.takes is not None:
        schema = {"$ref": f"#/components/schemas/{said.takes.__name__}"}
        operation["requestBody"] = {"required": said.body_required, "content": {"application/json": {"schema": schema}}}
    answers: dict[str, Any] = {}
    for status in said.status:
        content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{said.gives.__name__}"}}}
        answers[str(status)] = {"description": _PHRASES[status], "content": content}
        if status == 202:
            answers["202"]["headers"] = {"Location": {"schema": {"type": "string"}, "description": "The run."}}
    body = (400, 413, 415, 422) if said.takes is not None else ()
    for status in sorted({*_ALWAYS, *body, *said.problems}):
        content = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        answers[str(status)] = {"description": _PHRASES[status], "content": content}
    operation["responses"] = answers
