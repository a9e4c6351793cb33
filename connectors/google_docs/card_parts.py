"""The parts of a card: widgets, sections, buttons, and the answers that carry a card to Google.

developers.google.com/workspace/add-ons/reference/rpc/google.apps.card.v1. A card takes 100 sections of 100 widgets.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Part = dict[str, Any]
MOST = 100
#: The longest text in one widget; what is longer stands on the run's page.
LONGEST = 3000


@dataclass(frozen=True, slots=True)
class Buttons:
    """Makes buttons that call back: ``root`` is the add-on's configured address, ``common`` what each click carries."""

    root: str
    team: str = ""
    common: Mapping[str, str] = field(default_factory=dict)

    def action(self, view: str, **parameters: str) -> Part:
        """What a click calls. Google hands the parameters back with the click."""
        carried = {**self.common, **parameters}
        return {
            "function": f"{self.root}/cards/{view}" + (f"?team={self.team}" if self.team else ""),
            "parameters": [{"key": name, "value": value} for name, value in carried.items() if value],
        }

    def call(self, text: str, view: str, *, main: bool = False, needs: Sequence[str] = (), **parameters: str) -> Part:
        """A button; ``needs`` names the widgets Google asks for before it calls."""
        action = self.action(view, **parameters)
        if needs:
            action["requiredWidgets"] = list(needs)
        return {"text": cut(text, 80), "onClick": {"action": action}, **({"type": "FILLED"} if main else {})}


def link(text: str, url: str) -> Part:
    return {"text": cut(text, 80), "onClick": {"openLink": {"url": url}}}


def buttons(*made: Part | None) -> Part:
    return {"buttonList": {"buttons": [one for one in made if one is not None]}}


def card(title: str, *sections: Part | None, subtitle: str = "", footer: Part | None = None) -> Part:
    """A card. An empty section is left out: Google shows none without a widget."""
    shown = [one for one in sections if one is not None and one["widgets"]][:MOST]
    # Google takes no card whose title is empty.
    head = {"title": cut(title, 120) or "Inlay", **({"subtitle": cut(subtitle, 120)} if subtitle else {})}
    return {
        "header": head,
        "sections": shown or [{"widgets": [text("")]}],
        **({"fixedFooter": {"primaryButton": footer}} if footer else {}),
    }


def section(*widgets: Part | None, header: str = "", folded: int | None = None) -> Part:
    """A section; with ``folded``, only so many of its widgets show until it is opened."""
    return {
        **({"header": escaped(header, 120)} if header else {}),
        "widgets": [one for one in widgets if one is not None][:MOST],
        **({"collapsible": True, "uncollapsibleWidgetsCount": folded} if folded is not None else {}),
    }


def text(words: str, *, strong: bool = False) -> Part:
    """A paragraph of plain words. Google reads a limited HTML in it: what looks like a tag is shown as it stands."""
    shown = escaped(words)
    return {"textParagraph": {"text": f"<b>{shown}</b>" if strong and shown else shown}}


def line(
    words: str, *, above: str = "", below: str = "", button: Part | None = None, click: Part | None = None
) -> Part:
    """One line with small print above and below it; with ``click`` the whole of it is a button."""
    return {
        "decoratedText": {
            **({"topLabel": harmless(above, 120)} if above else {}),
            "text": escaped(words, 300),
            "wrapText": True,
            **({"bottomLabel": harmless(below, 200)} if below else {}),
            **({"button": button} if button else {}),
            **({"onClick": {"action": click}} if click else {}),
        }
    }


def field_of(name: str, label: str, *, hint: str = "", value: str = "", tall: bool = False, longest: int = 0) -> Part:
    """A field to type into."""
    return {
        "textInput": {
            "name": name,
            "label": cut(label, 120),
            "type": "MULTIPLE_LINE" if tall else "SINGLE_LINE",
            **({"hintText": cut(hint, 200)} if hint else {}),
            **({"value": value} if value else {}),
            **({"validation": {"characterLimit": longest}} if longest else {}),
        }
    }


def pick(name: str, label: str, items: Iterable[tuple[str, str, bool]], kind: str = "DROPDOWN") -> Part:
    """A choice of (value, text, chosen)."""
    return {
        "selectionInput": {
            "name": name,
            "label": cut(label, 120),
            "type": kind,
            "items": [
                {"text": cut(words, 120), "value": value, "selected": chosen}
                for value, words, chosen in list(items)[:MOST]
            ],
        }
    }


def switch(name: str, label: str, *, on: bool, hint: str = "") -> Part:
    control = {"name": name, "value": "true", "selected": on, "controlType": "SWITCH"}
    below = {"bottomLabel": harmless(hint, 200)} if hint else {}
    return {
        "decoratedText": {"text": escaped(label, 120), "wrapText": True, **below, "switchControl": control},
    }


def opened(shown: Part) -> Part:
    """The answer to a trigger: a card on top."""
    return {"action": {"navigations": [{"pushCard": shown}]}}


def pushed(shown: Part, *, below: Part | None = None) -> Part:
    """The answer to a click: a card on top of the one there is, which is replaced with ``below`` if that is given."""
    under = [{"updateCard": below}] if below else []
    return {"renderActions": {"action": {"navigations": [*under, {"pushCard": shown}]}}}


def replaced(shown: Part, note: str = "") -> Part:
    """The answer to a click: another card in the place of this one."""
    said = {"notification": {"text": cut(note, 200)}} if note else {}
    return {"renderActions": {"action": {"navigations": [{"updateCard": shown}], **said}}}


def noted(note: str) -> Part:
    """The answer to a click that leaves the card, and what was typed into it, as it is."""
    return {"renderActions": {"action": {"notification": {"text": cut(note, 200)}}}}


#: Google asks the person whether the add-on may use the document, then calls the trigger for a granted file scope.
ASK_FOR_THE_DOCUMENT: Part = {
    "renderActions": {"hostAppAction": {"editorAction": {"requestFileScopeForActiveDocument": {}}}}
}


def cut(words: str, longest: int) -> str:
    """One line of at most so many characters, for places where Google takes plain text."""
    words = " ".join(words.split())
    return words if len(words) <= longest else words[: longest - 1].rstrip() + "…"


def harmless(words: str, longest: int) -> str:
    """One line that reads the same as plain text and as HTML: Google does not say which a label is."""
    return cut(words, longest).replace("<", "‹").replace(">", "›")


def escaped(words: str, longest: int = LONGEST) -> str:
    """Words for a place where Google reads HTML; line breaks stay."""
    if len(words) > longest:
        words = words[: longest - 1].rstrip() + "…"
    return html.escape(words, quote=False).replace("\r\n", "\n").replace("\n", "<br>")
