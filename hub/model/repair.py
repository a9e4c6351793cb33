"""The second question when an answer breaks its contract: the first one, the bad answer, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence

from hub.domain import Message


def repair_messages(messages: Sequence[Message], bad_text: str, breaches: Sequence[str]) -> tuple[Message, ...]:
    """The messages to ask again with.

    Args:
        messages: the first question.
        bad_text: the answer that cannot be used; it is shown back to the model, unless it is empty.
        breaches: what is wrong with it, one sentence each.
    """
    wrong = "\n".join(f"- {breach}" for breach in breaches) or "- It is not the JSON object that was asked for."
    again = "Answer again with the whole corrected JSON object and nothing else."
    correction = Message(role="user", content=f"That answer cannot be used:\n{wrong}\n{again}")
    # Vendors refuse an assistant message without content.
    shown = (Message(role="assistant", content=bad_text),) if bad_text.strip() else ()
    return (*messages, *shown, correction)
