"""Templates are written by people nobody vetted: no text of theirs reaches the server, hangs it or breaks a page."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.errors import BadRequest
from hub.templates import ContractBroken, cases, load, samples
from hub.web.pages.starter import SOURCE, TESTS

HEAD = SOURCE.replace("NAME", "mine").replace("TEAM", "brand")
#: Pieces that have broken out of sandboxes, hung them, or tripped what reads them.
PIECES = [
    "{{ text }}", "{{ ''.__class__ }}", "{{ text.__init__.__globals__ }}", "{{ self }}", "{{ cycler.__init__ }}",
    "{{ text | attr('__class__') }}", "{% for x in range(9999999) %}{% endfor %}", "{{ 'a' * 10**9 }}",
    "{% if text %}", "{% endif %}", "{% for x in text %}", "{% endfor %}", "{% macro a() %}{% endmacro %}",
    "{% include '/etc/passwd' %}", "{% set a = 1 %}", "{{ " + "9" * 5000 + " }}", "{{ 1 is divisibleby(0) }}",
    "{{ 5 | join }}", "{{ 'a' < 1 }}", "{{ text | first(1, 2, 3) }}", "user:", "system:", "---", "${env:HOME}",
    "${file:/etc/passwd}", "{{", "}}", "{#", "\x00", "\ud800", "{{ [1] | join(text=2) }}", "{{ 1 is in 3 }}",
]  # fmt: skip


def tried(source: str) -> None:
    """What the browser does with a text: read it, fill it in, write an answer with it."""
    try:
        template = load("mine", source)
        values = samples.values(template, [], date(2026, 11, 26))
        template.render(values, "a-nonce-of-a-test")
        fields = {name: ["a"] if spec.type == "array" else "a" for name, spec in template.contract.fields.items()}
        template.contract.as_text(fields)
    except (BadRequest, ContractBroken):
        return


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=20)), max_size=8))
def test_whatever_stands_in_the_body_is_taken_or_refused_in_words(pieces: list[str]) -> None:
    tried(HEAD + "\n".join(pieces))


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 30), st.one_of(st.sampled_from(PIECES), st.text(max_size=40)))
def test_whatever_stands_in_the_head_is_taken_or_refused_in_words(at: int, piece: str) -> None:
    lines = HEAD.split("\n")
    tried("\n".join([*lines[:at], piece, *lines[at:]]))


@pytest.mark.parametrize("levels", [50, 120, 3000])
def test_text_nested_too_deeply_is_refused_before_anybody_waits_for_it(levels: int) -> None:
    tried(HEAD + "{% if text %}" * levels + "a" + "{% endif %}" * levels)
    tried(HEAD + "{{ " + "not " * levels + "text }}")
    tried(HEAD + "{{ " + "(" * levels + "text" + ")" * levels + " }}")


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(max_size=200), st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["tests", "description", "vars", "assert", "providerOutput", "metadata", "type", "value", "raises", "refused"]
    ), inner, max_size=4), max_leaves=12).map(lambda made: __import__("json").dumps(made))))  # fmt: skip
def test_whatever_stands_in_the_tests_is_read_or_refused_in_words(text: str) -> None:
    template = load("mine", HEAD)
    try:
        known = cases.read("the tests", text)
    except ValueError:
        return
    for case in known:
        try:
            cases.run_case(template, case)
        except (cases.CaseFailed, BadRequest):
            continue


def test_aliases_that_stand_for_gigabytes_are_refused() -> None:
    lines = ["tests:", "  - &a0 {vars: {text: " + "x" * 100 + "}}"]
    lines += [f"  - &a{n} {{vars: {{text: [{', '.join([f'*a{n - 1}'] * 9)}]}}}}" for n in range(1, 9)]
    with pytest.raises(ValueError, match="too much text"):
        cases.read("the tests", "\n".join(lines))


def test_a_pattern_that_would_take_for_ever_takes_no_time() -> None:
    tests = TESTS.replace('{type: contains, value: "20:00"}', "{type: not-regex, value: '(a+)+$'}")
    (case,) = cases.read("the tests", tests)
    cases.assertions(case, "a" * 5000 + "!")
