"""``/ai …`` paragraphs: what a line asks for, which lines of a document are commands, and what each is to work on."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.google_docs import commands
from connectors.google_docs.command_line import is_command, parse
from connectors.google_docs.document import Document, read
from hub.sdk import BadRequest
from hub.templates import shipped
from hub.web.api.catalog import template
from tests.conftest import ROOT
from tests.connectors.google_docs.connector_bench import body, paragraph, table

TEMPLATES = [template(one) for one in shipped().values() if "google_docs" in one.surfaces]
CLAIMS, SHORTEN, REWRITE, EMAIL, BRIEF = (
    "claims-check",
    "shorten-or-repurpose",
    "rewrite-in-brand-voice",
    "campaign-email",
    "brief-from-notes",
)

#: A line that names no channel becomes one version and not one for each channel of the form.
ONE = {"channels": ["summary"]}


def order(line: str) -> tuple[str, dict[str, Any], str | None]:
    found = parse(line, TEMPLATES)
    return found.template, dict(found.inputs), found.material


def document(*content: dict[str, Any]) -> Document:
    return read({**body(*content), "documentId": "doc-1"})


def asked(found: Document, click: str = "click-one", person: str = "mara@example.com") -> list[commands.Asked]:
    return commands.requests(found, TEMPLATES, person=person, connection="docs", click=click)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("/ai shorten 50 words", (SHORTEN, {"max_words": 50, **ONE}, None)),
        ("/ai shorten to at most 50 words", (SHORTEN, {"max_words": 50, **ONE}, None)),
        ("/ai shorten 50-word", (SHORTEN, {"max_words": 50, **ONE}, None)),
        ("/AI Shorten to LinkedIn and SMS, please", (SHORTEN, {"channels": ["linkedin", "sms"]}, None)),
        ("/ai shorten web teaser 20 words", (SHORTEN, {"channels": ["web_teaser"], "max_words": 20}, None)),
        ("/ai shorten for busy engineers", (SHORTEN, {"audience": "busy engineers", **ONE}, None)),
        ("/ai rewrite: Our sale is on.", (REWRITE, {}, "Our sale is on.")),
        ("/ai rewrite:", (REWRITE, {}, None)),
        ("/ai rewrite in brand voice", (REWRITE, {}, None)),
        ("/ai voice", (REWRITE, {}, None)),
        ("/ai rewrite warmer and shorter", (REWRITE, {"instruction": "warmer and shorter"}, None)),
        ("/ai rewrite – make it warmer —", (REWRITE, {"instruction": "make it warmer"}, None)),
        ("/ai rewrite for experts in German", (REWRITE, {"instruction": "for experts in German"}, None)),
        ("/ai rewrite in German", (REWRITE, {"instruction": "German"}, None)),
        ("/ai rewrite this text: Hello", (REWRITE, {}, "Hello")),
        ("/ai rewrite voice: dry", (REWRITE, {"voice": "dry"}, None)),
        ("/ai rewrite, voice: dry: The text: here", (REWRITE, {"voice": "dry"}, "The text: here")),
        ("/ai rewrite; voice = dry: voice: warm", (REWRITE, {"voice": "dry"}, "voice: warm")),
        ("/ai rewrite: voice: dry", (REWRITE, {}, "voice: dry")),
        ("/ai shorten — 50 words", (SHORTEN, {"max_words": 50, **ONE}, None)),
        ("/ai shorten to 1,000 words", (SHORTEN, {"max_words": 1000, **ONE}, None)),
        ("/ai shorten for parents, 50 words", (SHORTEN, {"audience": "parents", "max_words": 50, **ONE}, None)),
        (
            "/ai shorten 50 words for LinkedIn warm and short",
            (SHORTEN, {"max_words": 50, "channels": ["linkedin"], "instruction": "warm and short"}, None),
        ),
        ("/ai check claims for the EU", (CLAIMS, {"market": "EU"}, None)),
        ("/ai claims\u2011check", (CLAIMS, {}, None)),
        (
            "/ai claims us; evidence = LT-114, LT-115",
            (CLAIMS, {"market": "US", "evidence": ["LT-114", "LT-115"]}, None),
        ),
        ("/ai rewrite General Business", (REWRITE, {"reading_level": "general business"}, None)),
        ("/ai rewrite ; keep = Zoë, Terra 40", (REWRITE, {"keep": ["Zoë", "Terra 40"]}, None)),
        ("/ai rewrite: See https://example.com: now", (REWRITE, {}, "See https://example.com: now")),
        ("/ai planning for parents", (BRIEF, {"audience": "parents"}, None)),
        ("/ai brief; deadline = Friday 10:30", (BRIEF, {"deadline": "Friday 10:30"}, None)),
        (
            "/ai email for returning customers, goal: book a visit, link: https://example.com: Tyres by 10:30: now",
            (
                EMAIL,
                {"segment": "returning customers", "goal": "book a visit", "link": "https://example.com"},
                "Tyres by 10:30: now",
            ),
        ),
        (
            "/ai email for returning customers; goal = book a visit; link = https://example.com",
            (EMAIL, {"segment": "returning customers", "goal": "book a visit", "link": "https://example.com"}, None),
        ),
    ],
)
def test_a_line_is_read_as_a_copywriter_means_it(line: str, expected: tuple[str, dict[str, Any], str | None]) -> None:
    assert order(line) == expected


def test_the_examples_of_the_guide_are_understood() -> None:
    guide = (ROOT / "hub" / "docs" / "write-in-google-docs.md").read_text(encoding="utf-8")
    examples = [line for line in guide.splitlines() if line.startswith("/ai ")]
    assert len(examples) >= 5
    assert {order(line)[0] for line in examples} == {SHORTEN, REWRITE, EMAIL, CLAIMS}


@pytest.mark.parametrize(
    "line",
    [
        "/ai\u00a0shorten\u00a050\u00a0words",
        "\u200f/ai shorten 50 words\u200e",
        "\ufeff  /Ai \u201cshorten\u201d 50 words\u2026",
        "\u2044ai shorten 50 words",
        "\uff0fai shorten \uff15\uff10 words",
        "/ai shorten \u0665\u0660 words",
        "/ai sho\u00adrten 50 words",
        "/ai shorten\v50 words",
    ],
)
def test_what_keyboards_and_autocorrection_make_of_a_line_changes_nothing(line: str) -> None:
    assert is_command(line)
    assert order(line) == (SHORTEN, {"max_words": 50, **ONE}, None)


def test_material_keeps_its_emoji_line_breaks_and_right_to_left_text() -> None:
    text = "👩‍👩‍👧 שלום עולם — “quoted”\nsecond line: 10:30"
    assert order(f"/ai rewrite: {text}") == (REWRITE, {}, text)
    assert order("/ai rewrite：全角")[2] == "全角"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("/ai", "/ai shorten"),
        ("/ai dance", "/ai shorten"),
        ("/ai copy", "several templates"),
        ("/ai brief louder", "louder"),
        ("/ai shorten more than 50 words linkedin and warm", "more than"),
        ("/ai shorten 3 variants", "variant"),
        ("/ai rewrite 50 words", "word"),
        ("/ai rewrite 50", "50"),
        ("/ai rewrite expert everyone", "twice"),
        ("/ai rewrite; colour = red", "colour"),
        ("/ai shorten; max words = many", "only digits"),
        ("no command", "no command"),
        ("/ai " + "x" * 10_000, "1,000"),
        ("/ai shorten " + "9" * 10_000 + " words: text", "1,000"),
    ],
)
def test_what_nobody_can_be_sure_of_is_asked_back_with_what_can_be_typed(line: str, said: str) -> None:
    with pytest.raises(BadRequest) as caught:
        parse(line, TEMPLATES)
    assert said.casefold() in f"{caught.value} {caught.value.instead}".casefold()
    assert len(str(caught.value)) < 300


def test_an_input_that_only_a_person_can_give_is_asked_for_with_how_to_write_it() -> None:
    email = next(one for one in TEMPLATES if one["name"] == EMAIL)
    goal = {"required": True, "default": None}
    needs = {**email, "inputs": [{**one, **(goal if one["name"] == "goal" else {})} for one in email["inputs"]]}
    with pytest.raises(BadRequest, match="also needs: Goal") as caught:
        parse("/ai email for returning customers", [needs])
    assert "; goal =" in caught.value.instead
    assert parse("/ai email for returning customers; goal = book a visit", [needs]).inputs["goal"] == "book a visit"


def test_a_team_without_templates_is_told_so() -> None:
    with pytest.raises(BadRequest) as caught:
        parse("/ai shorten", [])
    assert "no templates" in caught.value.instead


def test_ten_thousand_characters_of_material_are_taken_whole() -> None:
    text = "wörd 🌞 " * 1500
    assert order(f"/ai rewrite: {text}")[2] == text.strip()


HOSTILE = st.text(alphabet=st.sampled_from("/ai :=;,0123456789xñ\u00a0\u200f\v\n\x00\ud800“”😀shorten rewrite"))


@settings(deadline=None)
@given(st.one_of(st.text(), HOSTILE, HOSTILE.map("/ai ".__add__), HOSTILE.map("/ai rewrite ".__add__)))
def test_no_line_breaks_the_reader(line: str) -> None:
    try:
        found = parse(line, TEMPLATES)
    except BadRequest:
        return
    assert found.template in shipped()


WORDS = ("/ai", "rewrite", "shorten", "claims", "email", "for", "50", "words", "1.000", "expert", "EU", "x", "voice")
WORDS += (":", ";", ",", "=", "—", "goal", "voice:", "10:30", "🌞")
TOKENS = st.sampled_from([*WORDS, "keep =", "at most so many words:", "\v", "https://x.example", ""])


@settings(deadline=None)
@given(st.lists(TOKENS, max_size=12).map(lambda said: "/ai " + " ".join(said)))
def test_whatever_is_understood_fills_declared_inputs_with_values_of_their_kind(line: str) -> None:
    try:
        found = parse(line, TEMPLATES)
    except BadRequest as problem:
        assert problem.instead
        return
    kinds = {spec["name"]: spec["kind"] for one in TEMPLATES if one["name"] == found.template for spec in one["inputs"]}
    types = {"integer": int, "list": list}
    assert all(isinstance(value, types.get(kinds[name], str)) for name, value in found.inputs.items())


@settings(deadline=None)
@given(st.text(max_size=12), st.text(max_size=12), HOSTILE.map("/ai odd ".__add__))
def test_names_and_labels_of_any_kind_are_words_and_no_patterns(title: str, label: str, line: str) -> None:
    spec = {**TEMPLATES[0]["inputs"][0], "source": None, "label": label, "choices": [label, "("]}
    odd = {**TEMPLATES[0], "name": "odd", "title": title, "tags": [label], "inputs": [spec, {**spec, "name": "a(b"}]}
    try:
        parse(line, [odd])
    except BadRequest:
        return


def test_commands_are_found_in_table_cells_with_the_text_above_them_in_their_own_cell() -> None:
    found = commands.find(
        document(
            paragraph("First text"),
            paragraph(""),
            paragraph("/ai shorten"),
            paragraph("/AI\u00a0rewrite"),
            table(["Cell text", "/ai brief"]),
            paragraph("Not a command: /ai shorten"),
            paragraph("/aiming high"),
            paragraph("/ai"),
        )
    )
    assert [(one.number, one.line, one.above) for one in found] == [
        (1, "/ai shorten", "First text"),
        (2, "/AI\u00a0rewrite", "First text"),
        (3, "/ai brief", ""),
    ]


def test_a_request_replaces_its_line_and_works_on_the_text_above() -> None:
    (one,) = asked(document(paragraph("Our text 🌞"), paragraph("/ai shorten 50 words")))
    assert one.request is not None and one.request.target is not None
    assert one.request.inputs == {"max_words": 50, **ONE, "text": "Our text 🌞"}
    assert one.request.target.at == {"document": "doc-1", "quote": "/ai shorten 50 words", "mode": "replace"}


def test_material_behind_a_colon_goes_before_the_text_above() -> None:
    (one,) = asked(document(paragraph("Above"), paragraph("/ai rewrite: Beside")))
    assert one.request is not None and one.request.inputs == {"text": "Beside"}


def test_a_command_without_any_text_to_work_on_is_a_problem() -> None:
    (one,) = asked(document(paragraph("/ai rewrite"), paragraph("Below")))
    assert one.request is None and "no text above" in str(one.problem)


def test_two_equal_commands_are_problems_and_the_others_run() -> None:
    found = asked(
        document(
            paragraph("A"), paragraph("/ai rewrite"), paragraph("B"), paragraph("/ai rewrite"), paragraph("/ai brief")
        )
    )
    assert [bool(one.request) for one in found] == [False, False, True]
    assert found[0].problem is not None and "Write them differently" in found[0].problem.instead


def test_a_command_that_holds_an_image_is_left_alone() -> None:
    node = paragraph("/ai rewrite: look ")
    node["paragraph"]["elements"].insert(1, {"inlineObjectElement": {"inlineObjectId": "i"}})
    node["paragraph"]["elements"].append({"textRun": {"content": "here\n", "textStyle": {}}})
    node["paragraph"]["elements"][0]["textRun"]["content"] = "/ai rewrite: look "
    (one,) = asked(document(node))
    assert one.request is None and "image" in str(one.problem)


def test_the_key_is_the_persons_the_documents_the_clicks_and_the_lines_and_stays_when_others_are_replaced() -> None:
    both = document(paragraph("A"), paragraph("/ai rewrite"), paragraph("/ai shorten"))
    later = document(paragraph("A"), paragraph("Rewritten."), paragraph("/ai shorten"))

    def keys(found: list[commands.Asked]) -> list[str]:
        return [one.request.key for one in found if one.request]

    assert keys(asked(both))[1] == keys(asked(later))[0]
    assert len({*keys(asked(both)), *keys(asked(both, click="other")), *keys(asked(both, person="jon"))}) == 6
    assert "mara" not in keys(asked(both))[0]


def test_at_most_twenty_run_at_a_click_and_the_rest_is_told() -> None:
    lines = [paragraph(f"/ai rewrite: text {number}.") for number in range(1, 24)]
    found = asked(document(*lines))
    assert [bool(one.request) for one in found] == [True] * 20 + [False] * 3
    assert found[-1].problem is not None and "Click again" in found[-1].problem.instead
