"""A Salesforce flow as these tests play it: it knows the OpenAPI file alone, and holds every answer against it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import jsonschema

from connectors.salesforce import openapi
from hub.domain import Role
from hub.store import teams
from tests.connectors.salesforce.hub_bench import Place
from tests.hubs import ORG_TOKEN, TEAM

PLANNER = "noor@example.com"
SECOND_TEAM = "media"


@dataclass
class Flow:
    """``token`` and ``person`` are what the Named Credential sends; with None it sends nothing."""

    place: Place
    token: str | None = ORG_TOKEN
    person: str | None = PLANNER

    def ask(self, **fields: str) -> tuple[int, dict[str, Any]]:
        """The action that asks; every field of it is in the file."""
        return self.call("askForDraft", body=fields)

    def look(self, job_id: str) -> tuple[int, dict[str, Any]]:
        return self.call("lookAtDraft", job_id=job_id)

    def call(self, operation: str, *, body: Any = None, **where: str) -> tuple[int, dict[str, Any]]:
        document = openapi.document(self.place.url, "crm")
        path, method, told = next(
            (path, method, told)
            for path, methods in document["paths"].items()
            for method, told in methods.items()
            if told["operationId"] == operation
        )
        for name, value in where.items():
            path = path.replace(f"{{{name}}}", quote(value, safe=""))
        sent = {"Content_Type": "application/json", "Accept": "application/json"}
        if self.token is not None:
            sent["Authorization"] = f"Bearer {self.token}"
        if self.person is not None:
            sent["X_Inlay_Person"] = self.person
        status, said, headers = self.place.call(method.upper(), path, body, **sent)
        assert str(status) in told["responses"], f"{status} is not in the file: {said!r}"
        content = told["responses"][str(status)]["content"]
        assert headers["content-type"].partition(";")[0] in content, headers["content-type"]
        schema = {**content["application/json"]["schema"], "components": document["components"]}
        answer = json.loads(said)
        jsonschema.Draft4Validator(schema).validate(answer)
        assert set(answer) == set(_named(document, schema)["properties"]), "the answer has what the file does not name"
        return status, answer


def _named(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    return document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]


def meet(place: Place, email: str = PLANNER, *named: str) -> str:
    """Make the person known, in these teams; without any in the test team."""
    with place.hub.database.transaction() as tx:
        teams.put(tx, SECOND_TEAM, "Media team", {}, 0.0)
        teams.put_person(tx, email, "Noor", dict.fromkeys(named or (TEAM,), Role.MEMBER), 0.0)
    return email
