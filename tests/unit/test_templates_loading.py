"""Loading prompt files: what is taken, and what is refused with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.errors import BadRequest
from hub.templates import Template, load, load_folder, shipped

GOOD = """\
---
name: note
displayName: A note
description: Writes a note.
inputs:
  text: {kind: string, required: true, description: The material.}
  tone: {kind: string, default: warm}
  count: {kind: integer, default: 2}
  names: {kind: array, items: {kind: string}}
model: {options: {maxOutputTokens: 300}}
template: {format: {kind: jinja2}, parser: {kind: prompty}}
metadata:
  version: "1"
  owner: Content team
  help: {channel: "#ask", text: Ask.}
  tier: 1
  surfaces: [api]
  inputs:
    text: {kind: text, source: target.text}
    count: {min: 1, max: 5}
  output:
    fields: {note: {type: string, maxLength: 200}}
---
system:
You write notes.

user:
{% for name in names %}{{ name }} {% endfor %}{{ tone }} {{ count }}
{{ text }}
"""


def changed(old: str, new: str) -> str:
    assert GOOD.count(old) == 1, old
    return GOOD.replace(old, new)


def line_of(text: str, part: str) -> int:
    return next(at for at, line in enumerate(text.split("\n"), 1) if part in line)


def refusal(source: str, name: str = "note") -> str:
    with pytest.raises(BadRequest) as caught:
        load(name, source)
    assert caught.value.instead and caught.value.who == "the template's author"
    return caught.value.what


def test_a_good_file_becomes_a_template() -> None:
    template = load("note", GOOD)
    assert (template.title, template.tier, template.owner, template.max_tokens) == ("A note", 1, "Content team", 300)
    assert [(spec.name, spec.kind, spec.default) for spec in template.inputs] == [
        ("text", "text", None),
        ("tone", "string", "warm"),
        ("count", "integer", 2),
        ("names", "list", None),
    ]
    assert [section.role for section in template.sections] == ["system", "user"]
    assert template.help.channel == "#ask" and template.surfaces == ("api",)


def test_a_template_survives_the_round_trip_through_json() -> None:
    for template in (load("note", GOOD), *shipped().values()):
        again = Template.model_validate_json(template.model_dump_json())
        assert again == template
        text = next(spec.name for spec in template.inputs if spec.kind == "text")
        values = {spec.name: spec.default or spec.empty for spec in template.inputs} | {text: "x"}
        assert again.render(values, "n" * 16) == template.render(values, "n" * 16)


def test_the_revision_is_that_of_the_content_and_not_of_the_way_it_is_stored() -> None:
    first = load("note", GOOD)
    assert load("note", "\ufeff" + GOOD.replace("\n", "  \r\n") + "\n\n").revision == first.revision
    assert load("note", changed("You write notes.", "You write short notes.")).revision != first.revision
    assert len(first.revision) == 64 and first.short_revision == first.revision[:16]


@pytest.mark.parametrize(
    ("old", "new", "part", "said"),
    [
        ("owner: Content team", "owner: ${env:DATABASE_URL}", "${env", "${env:…}"),
        ("owner: Content team", "owner: ${ENV:HOME}", "${ENV", "${env:…}"),
        ("You write notes.", "You write ${file:notes.txt}.", "${file", "${file:…}"),
        ("displayName: A note", "display_name: A note", "display_name", "'display_name' is not known"),
        ("displayName: A note", "tools: []", "tools:", "a template answers with text and calls nothing"),
        ("model: {options: {maxOutputTokens: 300}}", "model: {id: gpt-9}", "model:", "'id' under model is not known"),
        (
            "tone: {kind: string, default: warm}",
            "tone: {kind: string, defualt: warm}",
            "defualt",
            "'defualt' under inputs",
        ),
        ("owner: Content team", "ownr: Content team", "ownr", "'ownr' under metadata is not known"),
        ("  owner: Content team\n", "", "metadata:", "metadata has no 'owner'"),
        ("tier: 1", "tier: 4", "tier", "metadata.tier"),
        ("tier: 1", 'tier: "1"', "tier", "metadata.tier"),
        ("maxLength: 200", "maxLenght: 200", "fields:", "'output.fields.note.maxLenght' under metadata is not known"),
        (
            "kind: integer, default: 2",
            "kind: integer, default: two",
            "default: two",
            "the default of 'count' should be a whole",
        ),
        ("kind: integer, default: 2", "kind: integer, default: true", "default: true", "the default of 'count'"),
        (
            "names: {kind: array, items: {kind: string}}",
            "names: {kind: image}",
            "image",
            "the kind of 'names' is not known",
        ),
        ("names: {kind: array, items: {kind: string}}", "loop: {kind: string}", "loop:", "the input name 'loop'"),
        ("kind: array, items: {kind: string}", "kind: array", "kind: array", "inputs.names.items: missing"),
        ("count: {min: 1, max: 5}", "counts: {min: 1}", "counts", "'counts', which is not declared"),
        ("count: {min: 1, max: 5}", "count: {min: 1, source: target.text}", "count: {min", "kind string or text"),
        ("count: {min: 1, max: 5}", "count: {source: target.facts}", "count: {source", "and is therefore an array"),
        (
            "count: {min: 1, max: 5}",
            "names: {derived: {a: {of: b, per: c}}}",
            "names: {derived",
            "no 'source: target.facts'",
        ),
        (
            "count: {min: 1, max: 5}",
            'names: {source: target.facts, derived: {"5": {of: b, per: c}}}',
            "names: {source",
            "'5' of 'names' is no label",
        ),
        (
            "count: {min: 1, max: 5}",
            "names: {source: target.facts, derived: {a: {of: b}}}",
            "names: {source",
            "'per' and",
        ),
        (
            "    fields: {note: {type: string, maxLength: 200}}",
            "    fields: {note: {maxLength: 200}}\n    limits: [{rule: figures, input: names, names: [title]}]",
            "limits:",
            "names the input 'title', which is not declared",
        ),
        ("{{ tone }}", "{{ tonne }}", "tonne", "'tonne' is used and not declared"),
        ("{{ tone }}", "{{ tone.__class__ }}", "__class__", "reaching into a value with '.'"),
        ("{{ tone }}", "{{ tone['x'] }}", "['x']", "reaching into a value"),
        ("{{ tone }}", "{{ 'a' * 1000000000 }}", "'a' *", "calculating with '*'"),
        ("{{ tone }}", "{{ 9 ** 9999999 }}", "9 **", "calculating with '**'"),
        ("{{ tone }}", "{{ range(1000000000) }}", "range", "calling range()"),
        ("{{ tone }}", "{{ lipsum(1000) }}", "lipsum", "calling lipsum()"),
        ("{{ tone }}", "{{ tone | center(1000000000) }}", "center", "the filter 'center' is not available"),
        ("{{ tone }}", "{% set x = 1 %}", "set x", "the construct 'assign'"),
        ("{{ tone }}", "{% for c in tone %}{{ c }}{% endfor %}", "for c", "a loop runs over an input of kind list"),
        ("{{ tone }}", "{% include 'x' %}", "include", "the construct 'include'"),
        ("{{ tone }}", "{% macro m() %}{% endmacro %}", "macro", "the construct 'macro'"),
        ("{{ tone }}", "{% if tone %}", "", "cannot be read"),
        ("{{ text }}", "{{ text | upper }}", "upper", "'text' is fenced text"),
        ("You write notes.", "developer:\nYou write notes.", "developer:", "is no role of a template"),
        ("You write notes.", 'user[name="x"]:', "user[name", "is no role of a template"),
        ("system:\n", "Hello.\nsystem:\n", "Hello.", "the body starts without a role"),
        ("displayName: A note", "name: other", "name: other", "stands there twice"),
        ("displayName: A note", "displayName: A --- note", "A --- note", "inside the head would end it"),
        ("displayName: A note", "displayName: &a A note", "&a", "anchors and aliases"),
        ("displayName: A note", "displayName: [A", "", "line"),
    ],
)
def test_a_fault_is_named_with_its_line(old: str, new: str, part: str, said: str) -> None:
    source = changed(old, new)
    told = refusal(source)
    assert said in told
    if part:
        assert f"line {line_of(source, part)}:" in told, told


def test_a_loop_inside_a_loop_is_refused() -> None:
    inner = "{% for a in names %}{% for b in names %}{{ b }}{% endfor %}{% endfor %}"
    assert "a loop inside a loop" in refusal(changed("{{ tone }}", inner))


def test_a_file_without_a_head_a_user_section_or_in_half_characters_is_refused() -> None:
    assert "the head between two lines" in refusal("user:\nHello")
    assert "the head between two lines" in refusal("")
    assert "no section user:" in refusal(GOOD.replace("user:\n", ""))
    assert "half characters" in refusal(GOOD.replace("warm", "w\ud800rm"))
    assert "half characters" in refusal(GOOD.replace("warm", "w\x00rm"))


def test_a_file_over_64_kb_is_refused_before_it_is_read() -> None:
    assert "larger than 64 KB" in refusal(GOOD + "x" * 65_536)


def test_deep_nesting_is_refused_and_does_not_crash() -> None:
    assert "nested too deeply" in refusal(changed("displayName: A note", "displayName: " + "[" * 5000 + "]" * 5000))
    assert "nested too deeply" in refusal(changed("{{ tone }}", "{{ " + "(" * 5000 + "tone" + ")" * 5000 + " }}"))


def test_a_name_that_is_no_name_is_refused() -> None:
    for name in ("../note", "Note", "", "n" * 200, "note\n"):
        refusal(GOOD, name)
    assert "the name in the file is not memo" in refusal(GOOD, "memo")


def test_the_contract_may_only_name_what_is_there() -> None:
    limits = "  output:\n    limits: [{rule: words, field: nose, max: 3}]\n"
    assert "names the field 'nose'" in refusal(changed("  output:\n", limits))
    limits = "  output:\n    limits: [{rule: keep_links, input: nose}]\n"
    assert "names the input 'nose'" in refusal(changed("  output:\n", limits))
    limits = "  output:\n    limits: [{rule: words}]\n"
    assert "needs min or max" in refusal(changed("  output:\n", limits))
    text = '  output:\n    text: "{{ nose }}"\n'
    assert "'nose' is used and not declared" in refusal(changed("  output:\n", text))


def test_a_folder_of_templates_is_loaded_by_name(tmp_path: Path) -> None:
    (tmp_path / "note.prompty").write_text(GOOD, "utf-8")
    (tmp_path / "readme.txt").write_text("no template", "utf-8")
    assert list(load_folder(tmp_path)) == ["note"]
    (tmp_path / "bad.prompty").write_bytes(b"---\n\xff\xfe")
    with pytest.raises(BadRequest, match="no UTF-8"):
        load_folder(tmp_path)
    with pytest.raises(BadRequest, match="not there"):
        load_folder(tmp_path / "missing")


def test_a_line_of_nothing_but_spaces_is_read_at_once() -> None:
    assert load("note", GOOD + " " * 60_000 + "x\n").name == "note"
