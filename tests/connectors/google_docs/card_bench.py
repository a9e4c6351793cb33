"""Plays Google beside a document: opens the card add-on, fills in its forms, clicks its buttons, keeps its cards.

Every card is held against Google's own card types, every call carries tokens the signer made, and nothing of the hub
is replaced: the clicks go through its WSGI application.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from google.apps import card_v1

from connectors.google_docs.sandbox import Sandbox, start
from tests.connectors.google_docs.signing import PERSON, Signer, a_signer
from tests.flow.web.site import Site, open_site
from tests.hubs import connect

DOCUMENT = "demo-launch-brief"
#: A passage of it, before anything that takes indexes without being text.
PASSAGE = "Owner: Zoë Lindqvist · Market: DACH and Québec · Draft 3"
#: The template the tests use, as a card calls it, and what the model answers to it.
TITLE = "Rewrite in brand voice"
COPY = "Spring sale, from Monday. Come in."


@dataclass(slots=True)
class Google:
    """One person with one document open. ``cards`` is the stack that Google shows, the topmost last."""

    site: Site
    signer: Signer
    sandbox: Sandbox
    person: str = PERSON
    document: str = DOCUMENT
    token: str = "ya29.lent"
    granted: bool | None = True
    #: Whether clicks carry ``docs.id``; one deployed add-on reports that they do not.
    keeps_id: bool = True
    cards: list[dict[str, Any]] = field(default_factory=list)
    note: str = ""

    @property
    def card(self) -> dict[str, Any]:
        return self.cards[-1]

    @property
    def words(self) -> str:
        """Everything the topmost card says, as JSON without escapes."""
        return json.dumps(self.card, ensure_ascii=False)

    def open(self, view: str = "home") -> dict[str, Any]:
        """A trigger: Google takes the card without the wrapper of a click's answer."""
        told = self.call(view, docs=self._docs(True))
        (navigation,) = told["action"]["navigations"]
        self._show(navigation)
        return told

    def click(self, words: str, **typed: Any) -> dict[str, Any]:
        """Click what says so on the topmost card, with these widgets filled in beside what they hold already."""
        action = self.find(words)
        missing = [name for name in action.get("requiredWidgets", ()) if not self.form(**typed).get(name)]
        assert not missing, f"Google stops this click: {missing} are empty"
        where = urlsplit(action["function"])
        assert f"{where.scheme}://{where.netloc}" == "https://hub.example.com"
        view = where.path.removeprefix("/connect/google_docs/docs/cards/") + (f"?{where.query}" if where.query else "")
        parameters = {one["key"]: one["value"] for one in action["parameters"]}
        told = self.call(view, self.form(**typed), parameters, self._docs(self.keeps_id))
        answer = told["renderActions"]
        self.note = answer.get("action", {}).get("notification", {}).get("text", "")
        for navigation in answer.get("action", {}).get("navigations", ()):
            self._show(navigation)
        return told

    def call(
        self,
        view: str,
        form: dict[str, list[str]] | None = None,
        parameters: dict[str, str] | None = None,
        docs: dict[str, Any] | None = None,
    ) -> Any:
        answer = self.raw(view, form, parameters, docs)
        assert answer.status_code == 200, answer.text
        return answer.json

    def raw(
        self,
        view: str,
        form: dict[str, list[str]] | None = None,
        parameters: dict[str, str] | None = None,
        docs: dict[str, Any] | None = None,
        *,
        system: str | None = None,
        user: str | None = None,
    ) -> Any:
        """The call as Google makes it; with other tokens, as somebody else might."""
        event = {
            "commonEventObject": {
                "hostApp": "DOCS",
                "platform": "WEB",
                "userLocale": "en-US",
                "formInputs": {name: {"stringInputs": {"value": said}} for name, said in (form or {}).items()},
                "parameters": parameters or {},
            },
            "authorizationEventObject": {
                "userOAuthToken": self.token,
                "userIdToken": self.signer.user(self.person) if user is None else user,
                "authorizedScopes": ["https://www.googleapis.com/auth/drive.file"],
            },
            "docs": self._docs(True) if docs is None else docs,
        }
        bearer = self.signer.system(view) if system is None else system
        headers = {"Authorization": f"Bearer {bearer}"}
        return self.site.client().post(f"/connect/google_docs/docs/cards/{view}", json=event, headers=headers)

    def rewrite(self, **typed: Any) -> dict[str, Any]:
        """Open the add-on, pick the template, press Run."""
        self.open()
        self.click(TITLE)
        return self.click("Run", **{"text": "Our spring sale starts on Monday.", **typed})

    @property
    def run_id(self) -> str:
        """The run the topmost card shows."""
        return self.card["header"]["subtitle"].removeprefix("Run ")

    def find(self, words: str) -> dict[str, Any]:
        """The action behind a button, or a line, of these words."""
        found = [one for text, one in _clickable(self.card) if text == words]
        assert found, f"nothing says {words!r}; there is: {[text for text, _ in _clickable(self.card)]}"
        return found[0]

    def can_click(self, words: str) -> bool:
        return any(text == words for text, _ in _clickable(self.card))

    def form(self, **typed: Any) -> dict[str, list[str]]:
        """What Google sends of the topmost card's widgets: lists of texts; empty and unticked ones are absent."""
        held: dict[str, list[str]] = {}
        for widget in widgets(self.card):
            if "textInput" in widget:
                held[widget["textInput"]["name"]] = [widget["textInput"].get("value", "")]
            if "selectionInput" in widget:
                chosen = [item["value"] for item in widget["selectionInput"]["items"] if item["selected"]]
                held[widget["selectionInput"]["name"]] = chosen
            if "switchControl" in widget.get("decoratedText", {}):
                control = widget["decoratedText"]["switchControl"]
                held[control["name"]] = [control["value"]] if control["selected"] else []
        for name, said in typed.items():
            name = name if name in held else f"in.{name}"
            assert name in held, f"there is no widget {name}; there are: {sorted(held)}"
            held[name] = [said] if isinstance(said, str) else list(said)
        return {name: said for name, said in held.items() if any(said)}

    def text(self) -> str:
        """The document as it stands."""
        return self.sandbox.store.text(self.document)

    def _docs(self, whole: bool) -> dict[str, Any]:
        if self.granted is False:
            return {"addonHasFileScopePermission": False}
        flag = {} if self.granted is None else {"addonHasFileScopePermission": True}
        return {**({"id": self.document, "title": "Launch <copy>"} if whole else {}), **flag}

    def _show(self, navigation: dict[str, Any]) -> None:
        ((kind, shown),) = navigation.items()
        check(shown)
        if kind == "updateCard":
            self.cards[-1] = shown
        else:
            assert kind == "pushCard"
            self.cards.append(shown)


def check(card: dict[str, Any]) -> None:
    """Hold a card against Google's own types, which refuse a field they do not know, and against its limits.

    Raises:
        google.protobuf.json_format.ParseError: it is no card.
    """
    card_v1.Card.from_json(json.dumps(card))
    assert 1 <= len(card["sections"]) <= 100
    for section in card["sections"]:
        assert 1 <= len(section["widgets"]) <= 100
        for widget in section["widgets"]:
            assert len(widget) == 1
    for widget in widgets(card):
        for name, value in texts(widget):
            assert value.strip(), f"an empty {name} in {widget}"
            assert len(value) <= 20_000


@contextmanager
def beside_a_document(home: Path, *, settings: dict[str, Any] | None = None, **given: Any) -> Iterator[Google]:
    """A hub, a sandbox and a signer: verification is switched on, with the signer's keys. ``settings`` of the
    connection go over the usual ones; the rest goes to the hub.
    """
    with a_signer() as signer, open_site(home, **given) as site:
        sandbox = start(check_replies=True)
        try:
            connect(site.hub, sandbox.url, **signer.settings(**(settings or {})))
            yield Google(site, signer, sandbox)
            assert sandbox.violations == []
        finally:
            sandbox.stop()


def widgets(card: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The widgets of a card, from the top."""
    for section in card["sections"]:
        yield from section["widgets"]


def _clickable(card: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    made = [one for widget in widgets(card) for one in widget.get("buttonList", {}).get("buttons", ())]
    made += [widget["decoratedText"] for widget in widgets(card) if "onClick" in widget.get("decoratedText", {})]
    made += [card["fixedFooter"]["primaryButton"]] if "fixedFooter" in card else []
    for widget in widgets(card):
        if button := widget.get("decoratedText", {}).get("button"):
            made.append(button)
    for one in made:
        if "action" in one["onClick"]:
            yield one["text"], one["onClick"]["action"]


def texts(widget: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What a widget shows, by field."""
    for kind, held in widget.items():
        for name in ("text", "topLabel", "bottomLabel", "label", "hintText"):
            if name in held:
                yield f"{kind}.{name}", held[name]
