"""A record of the sandbox as people look at it: its fields, what was asked of AI about it, and what came of it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from connectors.salesforce.sandbox_schema import Field, ObjectType
from connectors.salesforce.sandbox_store import Record, Store

STYLE = Path(__file__).with_name("sandbox_page.css").read_text(encoding="utf-8")
SCRIPT = Path(__file__).with_name("sandbox_page.js").read_text(encoding="utf-8")
#: The one script that runs, by its hash, and it calls the sandbox only.
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; connect-src 'self'; "
    f"script-src 'sha256-{base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()}'"
)
#: What a request is before anybody has answered it.
ON_ITS_WAY = ("Requested", "In work")
#: The types that have a list of their own, and what a request can be about.
TABS = ("Campaign", "Lead", "Opportunity", "AI_Request__c", "AI_Output__c")
ABOUT = {"Campaign": "Campaign__c", "Lead": "Lead__c", "Opportunity": "Opportunity__c", "AI_Request__c": "Request__c"}
#: What a list shows of each record, beside its name.
COLUMNS = {
    "Campaign": ("Type", "Status", "StartDate", "BudgetedCost"),
    "Lead": ("Company", "Status", "Email"),
    "Opportunity": ("StageName", "Amount", "CloseDate"),
    "AI_Request__c": ("Template__c", "Status__c", "CreatedDate"),
    "AI_Output__c": ("Title__c", "Status__c", "Review_Status__c"),
}
#: What the page of a record shows in other places, or has no use for.
ELSEWHERE = frozenset(
    (
        *("Id", "Name", "IsDeleted", "Title__c", "Body__c", "Feedback__c", "Description"),
        *("CreatedById", "LastModifiedDate", "LastModifiedById", "SystemModstamp"),
    )
)
BADGES = {
    "Not reviewed": "wait",
    "Needs review": "wait",
    "Needs attention": "wait",
    "Reviewed": "good",
    "Pass": "good",
    "Superseded": "old",
    "Withdrawn": "old",
}
#: Offered while a person types the name of a template.
TEMPLATES = {
    "Campaign": ("campaign-summary", "search-ad-set", "campaign-email"),
    "Lead": ("lead-or-segment-note", "sales-follow-up"),
    "Opportunity": ("sales-follow-up",),
}


def list_page(store: Store, type: ObjectType) -> str:
    """Every record of a type, with a link to each."""
    columns = [field for name in COLUMNS.get(type.name, ()) if (field := type.find(name))]
    rows = list(store.rows(type))
    heads = "".join(f'<th scope="col">{escape(one.shown)}</th>' for one in columns)
    body = "".join(
        f'<tr><th scope="row">{_link(row)}</th>'
        + "".join(f"<td>{_value(store, one, row.values.get(one.name))}</td>" for one in columns)
        + "</tr>"
        for row in rows
    )
    table = (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(type.plural)}"><table>'
        f'<thead><tr><th scope="col">Name</th>{heads}</tr></thead><tbody>{body}</tbody></table></div>'
    )
    return _page(
        store, type.plural, f"<h1>{escape(type.plural)}</h1>{table if rows else '<p>There is none.</p>'}", type
    )


def record_page(store: Store, type: ObjectType, record: Record, *, problem: str = "", form: dict[str, str]) -> str:
    """A record: its fields, the form to ask, and the requests and outputs that are about it."""
    title = str(record.values.get("Title__c") or _name(record))
    kind = type.label if title == _name(record) else f"{type.label} {_name(record)}"
    parts = [f'<p class="kind">{escape(kind)}</p><h1>{escape(title)}</h1>']
    if described := record.values.get("Description"):
        parts.append(f'<p class="described">{escape(str(described))}</p>')
    if problem:
        parts.append(f'<p class="problem" role="alert">{escape(problem)}</p>')
    if type.name == "AI_Output__c":
        parts.append(_output(store, record))
    lookup = ABOUT.get(type.name)
    aside = ""
    if lookup and type.name != "AI_Request__c":
        aside = _ask_form(type, record, form)
        parts.append(_requests(store, _related(store, "AI_Request__c", lookup, record)))
    if lookup:
        outputs = _related(store, "AI_Output__c", lookup, record)
        # What was superseded comes last.
        parts.append(_outputs(store, sorted(outputs, key=lambda one: one.values.get("Status__c") != "Ready")))
    main = "".join(parts)
    return _page(store, title, main, type, aside=aside + _details(store, type, record))


def problem_page(store: Store, title: str, text: str) -> str:
    """Why there is nothing to see."""
    return _page(store, title, f"<h1>{escape(title)}</h1><p>{escape(text)}</p>", None)


def _details(store: Store, type: ObjectType, record: Record) -> str:
    rows = "".join(
        f"<div><dt>{escape(one.shown.removesuffix(' ID'))}</dt><dd>{_value(store, one, value)}</dd></div>"
        for one in type.fields
        if one.name not in ELSEWHERE and (value := record.values.get(one.name)) not in (None, "", False)
    )
    return f'<section class="card" aria-labelledby="details"><h2 id="details">Details</h2><dl>{rows}</dl></section>'


def _ask_form(type: ObjectType, record: Record, form: dict[str, str]) -> str:
    offered = TEMPLATES.get(type.name, ())
    options = "".join(f'<option value="{name}"></option>' for name in offered)
    return (
        '<section class="card" aria-labelledby="ask"><h2 id="ask">Ask for AI</h2>'
        f'<form method="post" action="{_address(record)}/ask">'
        '<label for="template">Template</label><input id="template" name="template" list="templates" maxlength="80" '
        f'required autocomplete="off" value="{escape(form.get("template", ""))}" aria-describedby="offered">'
        f'<small id="offered">Such as {escape(", ".join(offered))}</small>'
        f'<datalist id="templates">{options}</datalist>'
        '<label for="instructions">Instructions</label><textarea id="instructions" name="instructions" rows="4">'
        f"{escape(form.get('instructions', ''))}</textarea>"
        f"<button>Ask about this {escape(type.label.lower())}</button></form></section>"
    )


def _requests(store: Store, requests: list[Record]) -> str:
    items = "".join(
        f"<li>{_link(one)} <span>{escape(str(one.values['Template__c']))}</span> {_badge(one.values['Status__c'])}"
        + (f"<small>{escape(str(note))}</small>" if (note := one.values.get("Status_Note__c")) else "")
        + "</li>"
        for one in requests
    )
    shown = f'<ul class="rows">{items}</ul>' if items else "<p>Nobody has asked yet.</p>"
    waits = " data-waiting" if any(one.values.get("Status__c") in ON_ITS_WAY for one in requests) else ""
    return f'<section id="requests" aria-labelledby="asked"{waits}><h2 id="asked">AI Requests</h2>{shown}</section>'


def _outputs(store: Store, outputs: list[Record]) -> str:
    items = "".join(
        f'<article class="output{" old" if one.values.get("Status__c") != "Ready" else ""}">'
        f"<h3>{_link(one, str(one.values.get('Title__c') or _name(one)))}</h3>{_output(store, one)}</article>"
        for one in outputs
    )
    shown = items or "<p>There is no output yet.</p>"
    return f'<section id="outputs" aria-labelledby="came"><h2 id="came">AI Outputs</h2>{shown}</section>'


def _output(store: Store, record: Record) -> str:
    """The text of an output, what is to be known about it, and the three answers a person can give."""
    values = record.values
    states = (("Review_Status__c", "Review: "), ("Governance_Verdict__c", "Checks: "), ("Status__c", ""))
    badges = "".join(_badge(values[name], said) for name, said in states if values.get(name))
    known = (values.get("Template__c"), values.get("Model__c"), values.get("Generated_At__c"))
    made = " · ".join(escape(_plain(one)) for one in known if one)
    whole = values.get("Full_Output_URL__c")
    run = f" · {_url(whole, 'How it was made')}" if whole else ""
    cut = ""
    if values.get("Truncated__c"):
        cut = f'<p class="cut">The text is cut here. {_url(whole, "Read all of it") if whole else ""}</p>'
    field = next((one for one in _type(store, record).fields if one.name == "Feedback__c"), None)
    buttons = "".join(
        f'<button name="feedback" value="{escape(one)}" aria-pressed="{str(values.get("Feedback__c") == one).lower()}">'
        f"{escape(one)}</button>"
        for one in (field.values if field else ())
    )
    return (
        f'<p class="about">{badges}<small>{made}{run}</small></p>'
        f'<div class="text">{escape(str(values.get("Body__c") or ""))}</div>{cut}'
        f'<form class="answer" method="post" action="{_address(record)}/feedback">'
        f"<span>Was it useful?</span>{buttons}</form>"
    )


def _related(store: Store, type: str, lookup: str, record: Record) -> list[Record]:
    """The records that point at this one, newest first."""
    if store.schema.find(type) is None:
        return []
    return [one for one in reversed(store.rows(type)) if one.values.get(lookup) == record.id]


def _value(store: Store, field: Field, value: Any) -> str:
    """A field's value as a person reads it, as HTML."""
    if value is None:
        return ""
    if field.type == "reference":
        other = store.find(str(value))
        return _link(other) if other and other.type in TABS else escape(_name(other) if other else str(value))
    if field.type == "url":
        return _url(value, str(value))
    if field.type == "currency":
        return f"€{value:,.0f}" if value == int(value) else f"€{value:,.2f}"
    if field.type in ("double", "percent", "int"):
        return f"{value:,.10g}{'%' if field.type == 'percent' else ''}"
    if field.type == "boolean":
        return "Yes" if value else "No"
    if field.name in ("Status__c", "Review_Status__c", "Governance_Verdict__c"):
        return _badge(value)
    return escape(_plain(value))


def _plain(value: Any) -> str:
    text = str(value)
    return f"{text[:10]} {text[11:16]} UTC" if text.endswith(".000+0000") else text


def _url(value: Any, text: str) -> str:
    address = str(value)
    if urlsplit(address).scheme not in ("http", "https"):
        return escape(address)
    return f'<a href="{escape(address)}" rel="noreferrer">{escape(text)}</a>'


def _badge(value: Any, said: str = "") -> str:
    return f'<span class="badge {BADGES.get(str(value), "")}">{escape(f"{said}{value}")}</span>'


def _name(record: Record) -> str:
    return str(record.values.get("Name") or record.values.get("Subject") or record.id)


def _link(record: Record, text: str = "") -> str:
    return f'<a href="{_address(record)}/view">{escape(text or _name(record))}</a>'


def _address(record: Record) -> str:
    # Type and id are the sandbox's own words: letters, digits and underscores.
    return f"/lightning/r/{record.type}/{record.id}"


def _type(store: Store, record: Record) -> ObjectType:
    return store.schema.get(record.type)


def _tabs(store: Store, current: ObjectType | None) -> Iterable[str]:
    for name in TABS:
        if (type := store.schema.find(name)) is not None:
            here = ' aria-current="page"' if type is current else ""
            yield f'<li><a href="/lightning/o/{name}/list"{here}>{escape(type.plural)}</a></li>'


def _page(store: Store, title: str, main: str, type: ObjectType | None, *, aside: str = "") -> str:
    tabs = "".join(_tabs(store, type))
    beside = f'<div class="side">{aside}</div>' if aside else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>"
        f'<header><strong>Sommerlicht</strong><nav aria-label="Records"><ul>{tabs}</ul></nav>'
        "<span>Sandbox org. This is not Salesforce.</span></header>"
        f'<main class="{"split" if aside else ""}"><div class="sheet">{main}</div>{beside}</main>'
        f"<script>{SCRIPT}</script></body></html>"
    )
