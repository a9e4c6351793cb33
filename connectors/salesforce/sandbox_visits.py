"""What a person does at the sandbox's pages: looks at records, asks for AI, says whether an output was useful."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from connectors.salesforce.sandbox_errors import ApiError
from connectors.salesforce.sandbox_page import ABOUT, list_page, problem_page, record_page
from connectors.salesforce.sandbox_parts import Parts
from connectors.salesforce.sandbox_schema import ObjectType
from connectors.salesforce.sandbox_store import Manner, Record

HOME = "/lightning/o/Campaign/list"
RECORD = re.compile(r"/lightning/r/(?:(\w+)/)?([0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?)(?:/(view|ask|feedback))?", re.ASCII)
LIST = re.compile(r"/lightning/o/(\w+)/(?:list|home)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Page:
    """A page, or where to go instead."""

    status: int
    html: str = ""
    to: str = ""


def answer_page(parts: Parts, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Page:
    """The page at an address, or what a form there does."""
    if path == "/" and method == "GET":
        return Page(302, to=HOME)
    if (hit := LIST.fullmatch(path)) and method == "GET":
        type = parts.store.schema.find(hit[1])
        return Page(200, list_page(parts.store, type)) if type else _nothing(parts)
    # A record's short address, with the id alone, is the one the API's instance URL makes.
    hit = RECORD.fullmatch(path) or re.fullmatch(r"/()([0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?)()", path, re.ASCII)
    found = parts.store.find(hit[2]) if hit else None
    type = parts.store.schema.find(found.type) if found else None
    if hit is None or found is None or type is None or (hit[1] and hit[1] != found.type):
        return _nothing(parts)
    if method == "GET" and hit[3] in ("view", None, ""):
        return Page(200, record_page(parts.store, type, found, form={}))
    if method != "POST" or hit[3] not in ("ask", "feedback"):
        return _nothing(parts)
    if not _own(headers):
        text = "A form of this page was sent from another page. Nothing was done."
        return Page(403, problem_page(parts.store, "Sent from elsewhere", text))
    return _done(parts, type, found, hit[3], dict(parse_qsl(body.decode("utf-8", "replace"), True)))


def _done(parts: Parts, type: ObjectType, record: Record, what: str, form: dict[str, str]) -> Page:
    """Do what a form says, as the person at the page; a refusal is shown on it."""
    store, manner = parts.store, Manner(parts.accounts.user(parts.person), "page")
    at = f"/lightning/r/{type.name}/{record.id}/view"
    try:
        if what == "feedback" and type.name == "AI_Output__c":
            store.update(type, record.id, {"Feedback__c": form.get("feedback")}, manner)
            campaign = store.find(str(record.values.get("Campaign__c") or ""))
            if campaign is not None:
                at = f"/lightning/r/Campaign/{campaign.id}/view"
            return Page(303, to=f"{at}#outputs")
        if what == "ask" and type.name in ABOUT and type.name != "AI_Request__c":
            values = {ABOUT[type.name]: record.id, "Template__c": form.get("template")}
            store.create("AI_Request__c", {**values, "Instructions__c": form.get("instructions")}, manner)
            return Page(303, to=f"{at}#requests")
    except ApiError as error:
        return Page(400, record_page(store, type, store.find(record.id) or record, problem=error.message, form=form))
    return _nothing(parts)


def _own(headers: Mapping[str, str]) -> bool:
    """Whether a form was sent from one of the sandbox's own pages. Every browser says where from."""
    told = {name.lower(): value for name, value in headers.items()}
    return (
        told.get("origin") == f"http://{told.get('host')}"
        and told.get("sec-fetch-site", "same-origin") == "same-origin"
    )


def _nothing(parts: Parts) -> Page:
    return Page(404, problem_page(parts.store, "No such record", "It was deleted, or it never was."))
