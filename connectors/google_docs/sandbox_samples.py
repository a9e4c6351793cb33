"""The sandbox's own documents: a launch brief, a newsletter and a product page of a made-up brand, to try Inlay on."""

from __future__ import annotations

from connectors.google_docs.sandbox_document import Json, paragraph
from connectors.google_docs.sandbox_store import Store

DISC, NUMBER = "kix.sampledisc", "kix.samplenumber"

#: A block is (named style, text), ("bullet" or "number", text), ("table", rows) or ("break", "").
Block = tuple[str, str | list[list[str]]]

LAUNCH_BRIEF: list[Block] = [
    ("TITLE", "Sommerlicht solar lantern: launch brief"),
    ("SUBTITLE", "Owner: Zoë Lindqvist · Market: DACH and Québec · Draft 3"),
    ("HEADING_1", "What we are launching ☀️"),
    (
        "NORMAL_TEXT",
        "Sommerlicht is a solar lantern for balconies, café tables and campsites. It charges in six hours of daylight, "
        "glows for twenty, and folds flat to the size of a paperback. We launch on 3 June, two weeks before the "
        "school holidays begin.",
    ),
    ("HEADING_1", "Who it is for"),
    ("bullet", "Balcony people: rent a flat in town, 25–40, want warm light without a cable."),
    ("bullet", "Campers with children: need one light that survives a drop and a shower."),
    ("bullet", "Gift givers: look for something useful under 40 € that arrives nicely wrapped. 🎁"),
    ("HEADING_1", "Headline ideas"),
    (
        "NORMAL_TEXT",
        "Our current line is “Light that follows you outside”. It is friendly, but it says nothing about the sun, "
        "and nothing about how long the light lasts.",
    ),
    ("HEADING_1", "Channels and dates"),
    (
        "table",
        [
            ["Channel", "What we need", "Due"],
            ["Newsletter", "One teaser, 60 words, and a subject line", "12 May"],
            ["Instagram", "Three captions, one per audience", "19 May"],
            ["Retail shelf", "A card: name, promise, price", "26 May"],
        ],
    ),
    ("HEADING_1", "Rough notes"),
    (
        "NORMAL_TEXT",
        "Tested by Nordlab: 20 h at low setting (report NL-2231). Waterproof to IP65. Not brighter than last year’s "
        "model, so no “brightest ever”. Frame is 70 % recycled aluminium. Retailers asked for a short text they can "
        "paste as it is. Élodie in Montréal needs the French by the 20th, s’il vous plaît.",
    ),
    ("HEADING_1", "Before it goes out"),
    ("number", "Legal has read every number in it."),
    ("number", "The claim about battery life names the test report."),
    ("number", "Nobody promises next-day delivery in Québec."),
    ("HEADING_1", "Drafts"),
    ("NORMAL_TEXT", "What is written for the launch is collected below."),
]

NEWSLETTER: list[Block] = [
    ("TITLE", "June newsletter"),
    ("NORMAL_TEXT", "Goes to 48,000 subscribers on Thursday morning. Tone: a neighbour who knows about gardens. 🌿"),
    ("HEADING_1", "Opening"),
    (
        "NORMAL_TEXT",
        "Dear balcony gardener, the tomatoes are in, the evenings are long, and you have finally found the good chair. "
        "All that is missing is light that does not need a cable through the window.",
    ),
    ("HEADING_1", "Three things to read"),
    ("bullet", "How Anaïs turned four square metres into a herb garden"),
    ("bullet", "The right time to water, and the wrong one"),
    ("bullet", "Meet Sommerlicht, our first solar lantern"),
    ("HEADING_1", "Teaser for the lantern"),
    ("NORMAL_TEXT", "Sixty words about Sommerlicht go here. Mention the date, not the price."),
]

PRODUCT_PAGE: list[Block] = [
    ("TITLE", "Product page: Sommerlicht"),
    ("HEADING_1", "Short description"),
    (
        "NORMAL_TEXT",
        "A fold-flat solar lantern with a warm glow. Six hours in the sun give up to twenty hours of light, "
        "enough for the longest dinner of the year.",
    ),
    ("HEADING_1", "In the box"),
    ("bullet", "Lantern with hook"),
    ("bullet", "Cotton bag, undyed"),
    ("bullet", "A card with care instructions in German, English and français"),
    ("HEADING_1", "Technical data"),
    (
        "table",
        [["Weight", "240 g"], ["Folded", "19 × 13 × 2 cm"], ["Protection", "IP65"], ["Light", "up to 20 h (NL-2231)"]],
    ),
    ("HEADING_1", "Meta description"),
    ("NORMAL_TEXT", "To be written: at most 155 characters, with the word “solar lantern”."),
]

SAMPLES = {
    "demo-launch-brief": LAUNCH_BRIEF,
    "demo-newsletter": NEWSLETTER,
    "demo-product-page": PRODUCT_PAGE,
}


def load_samples(store: Store) -> None:
    """Put the sample documents into a store."""
    for id, blocks in SAMPLES.items():
        store.load(recorded(blocks), id)


def recorded(blocks: list[Block]) -> Json:
    """A document of these blocks, in the form of ``documents.get`` from before tabs."""
    content: list[Json] = []
    for kind, value in blocks:
        if isinstance(value, list):
            content.append(_table(value))
            content.append(paragraph("\n"))
        elif kind in ("bullet", "number"):
            bullet = {"listId": DISC if kind == "bullet" else NUMBER, "textStyle": {}}
            content.append(paragraph(value + "\n", bullet=bullet))
        else:
            node = paragraph(value + "\n", kind)
            if kind.startswith("HEADING"):
                node["paragraph"]["paragraphStyle"]["headingId"] = f"h.sample{len(content)}"
            content.append(node)
    title = next((str(value) for kind, value in blocks if kind == "TITLE"), "Untitled document")
    return {"title": title, "body": {"content": content}, "lists": {DISC: _list("●"), NUMBER: _list(None)}}


def _table(rows: list[list[str]]) -> Json:
    made = [{"tableCells": [{"content": [paragraph(cell + "\n")]} for cell in row]} for row in rows]
    return {"table": {"rows": len(rows), "columns": len(rows[0]), "tableRows": made}}


def _list(glyph: str | None) -> Json:
    level: Json = {"bulletAlignment": "START", "glyphFormat": "%0.", "startNumber": 1}
    level |= {"glyphSymbol": glyph, "glyphFormat": "%0"} if glyph else {"glyphType": "DECIMAL"}
    return {"listProperties": {"nestingLevels": [level]}}
