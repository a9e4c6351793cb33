"""What a new template starts from: a small one that works, with a test, to be changed word by word."""

SOURCE = """\
---
name: NAME
displayName: A short title people pick it by
description: Says in one sentence what somebody gets.
inputs:
  text:
    kind: string
    description: The text to work on.
    required: true
template:
  format: {kind: jinja2}
  parser: {kind: prompty}
metadata:
  version: "1.0"
  owner: TEAM
  help:
    text: Select a text and run it.
  tier: 1
  surfaces: [api]
  tags: [copy]
  inputs:
    text: {kind: text, max_length: 12000, source: target.text}
  output:
    fields:
      text: {description: The finished text, minLength: 1, maxLength: 4000}
    facts: subset
---
system:
You are an editor. You keep every fact, name and number of the source, and add none.

user:
Make this text clear and short.

{{ text }}
"""

TESTS = """\
tests:
  - description: a shorter text with the same facts is fine
    vars: {text: "Our shop is open until 20:00 from May, and repairs take 30 minutes."}
    providerOutput:
      variants:
        - {text: From May our shop is open until 20:00. Repairs take 30 minutes.}
    assert:
      - {type: contains, value: "20:00"}
"""
