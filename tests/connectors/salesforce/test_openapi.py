"""The button's OpenAPI file: it is one, it is kept to what Salesforce reads, and it holds no secret."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from schemathesis.specs.openapi.definitions import OPENAPI_30_VALIDATOR

from connectors.salesforce import manifests, openapi
from connectors.salesforce.button import PERSON, Asked
from connectors.salesforce.connector import Salesforce
from hub.sdk import BadRequest, Connection, GuardedHttp, Secret
from tests.connectors.salesforce.connector_bench import settings

HUB = "https://hub.example.com"
URL = f"{HUB}/connect/salesforce/crm"
SECRETS = ("the-inbound-token-of-this-org", "the-button-token-of-this-org")
#: What Salesforce refuses in a flow's callout, or reads as something else (flow_http_callout_considerations,
#: external_services_schema_def_limits).
REFUSED = {"oneOf", "anyOf", "allOf", "not", "enum", "nullable", "additionalProperties", "discriminator", "format"}
PLAIN = {"string", "integer", "number", "boolean"}


def made(url: str = URL, **more: Any) -> Mapping[str, str]:
    given = {"inbound_token": Secret(SECRETS[0]), "button_token": Secret(SECRETS[1]), **more}
    connection = Connection(name="crm", settings=settings(**given), http=GuardedHttp(()))
    return Salesforce().manifests(connection, url)


@pytest.fixture
def document() -> dict[str, Any]:
    return json.loads(made()[manifests.OPENAPI])


def walk(value: Any) -> Iterator[Mapping[str, Any]]:
    """Every object in it, from the outside in."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from walk(one)


def operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [told for methods in document["paths"].values() for told in methods.values()]


def test_it_is_an_openapi_document_of_version_3_0(document: dict[str, Any]) -> None:
    OPENAPI_30_VALIDATOR.validate(document)
    assert document["openapi"].startswith("3.0.")
    with pytest.raises(Exception, match="required property"):
        OPENAPI_30_VALIDATOR.validate({**document, "info": {}})


def test_every_object_is_flat_and_of_plain_values(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for name, schema in schemas.items():
        assert set(schema) == {"type", "required", "properties"} and schema["type"] == "object", name
        assert {one["type"] for one in schema["properties"].values()} <= PLAIN, name
        assert set(schema["required"]) <= set(schema["properties"]), name
    assert not [key for one in walk(document) for key in one if key in REFUSED]


def test_every_call_has_a_name_of_its_own_and_says_how_it_can_end(document: dict[str, Any]) -> None:
    names = [told["operationId"] for told in operations(document)]
    assert len(set(names)) == len(names) == 2
    # A flow's action is called after it: letters and digits, beginning with a letter.
    assert all(name.isalnum() and name[0].isalpha() and name.isascii() for name in names)
    for told in operations(document):
        codes = {int(code) for code in told["responses"]}
        assert codes & {200, 202} and {400, 401, 403, 404, 409, 503} <= codes
        for said in told["responses"].values():
            assert said["description"] and list(said["content"]) == ["application/json"]


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    found = {one["$ref"] for one in walk(document) if "$ref" in one}
    assert found == {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}


def test_what_it_asks_for_is_what_the_button_takes(document: dict[str, Any]) -> None:
    ask = document["components"]["schemas"]["Ask"]
    assert set(ask["properties"]) == set(Asked.model_fields)
    assert all(len(one["description"].split()) > 2 for one in ask["properties"].values())
    assert set(ask["required"]) == {"record_id", "template", "request_key"}
    Asked.model_validate(dict.fromkeys(ask["required"], "x"))


def test_a_flow_can_say_who_asks_where_the_credential_cannot(document: dict[str, Any]) -> None:
    for told in operations(document):
        (header,) = (one for one in told["parameters"] if one["in"] == "header")
        assert header["name"].lower() == PERSON and not header["required"]


def test_its_calls_are_this_connection_s_at_this_hub(document: dict[str, Any]) -> None:
    (server,) = document["servers"]
    assert server == {"url": HUB}
    assert all(path.startswith("/connect/salesforce/crm/requests") for path in document["paths"])


@pytest.mark.parametrize("url", [URL, f"{HUB}:8443/connect/salesforce/crm"])
def test_the_named_credential_and_the_file_name_one_address(url: str) -> None:
    files = made(url)
    (server,) = json.loads(files[manifests.OPENAPI])["servers"]
    credential = next(text for name, text in files.items() if name.endswith(".namedCredential-meta.xml"))
    assert f"<parameterValue>{server['url']}</parameterValue>" in credential
    assert server["url"] == url.partition("/connect/")[0]


def test_no_file_holds_a_secret_and_the_token_s_place_is_marked() -> None:
    files = made()
    assert not [name for name, text in files.items() if any(secret in text for secret in SECRETS)]
    (workflow,) = (text for name, text in files.items() if name.endswith(".workflow-meta.xml"))
    assert f"<endpointUrl>{HUB}/in/crm/REPLACE_INBOUND_TOKEN</endpointUrl>" in workflow


@pytest.mark.parametrize("url", ["http://hub.example.com/connect/salesforce/crm", "https://", "hub.example.com"])
def test_an_address_salesforce_cannot_call_is_refused_with_what_to_do(url: str) -> None:
    with pytest.raises(BadRequest) as refused:
        made(url)
    assert "INLAY_PUBLIC_URL" in refused.value.instead


def test_a_slash_at_the_end_of_the_hub_s_address_doubles_none() -> None:
    assert openapi.document(f"{HUB}/", "crm") == openapi.document(HUB, "crm")
