"""A template as the hub keeps it: frozen, checked, and ready to take inputs and give messages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

import jinja2
from pydantic import BaseModel, ConfigDict

from hub.domain import Context, Message
from hub.errors import BadRequest
from hub.templates import inputs as _inputs
from hub.templates import rendering, sandbox
from hub.templates.contract import Contract
from hub.templates.inputs import InputSpec


class Help(BaseModel):
    """Where a person gets help with a template. ``channel`` is a place of the organisation's own, and empty where
    nobody has named one: then whoever leads the team is asked.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    channel: str = ""
    guide: str = ""
    text: str = ""


class Section(BaseModel):
    """One message of a template before its values: the role, and Jinja text."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Literal["system", "user", "assistant"]
    body: str


class Template(BaseModel):
    """One revision of a shared prompt file.

    ``revision`` is the SHA-256 of the source in hex: equal sources are one revision, and a revision never changes.
    ``tier`` is the review tier, 0 to 3. ``model_dump_json`` and ``model_validate_json`` bring it to the store and back
    without reading the file again.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    revision: str
    title: str
    description: str
    version: str
    owner: str
    help: Help
    tier: int
    surfaces: tuple[str, ...]
    teams: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    inputs: tuple[InputSpec, ...]
    contract: Contract
    sections: tuple[Section, ...]
    source: str
    baseline_minutes: float | None = None
    max_tokens: int = 2000
    #: Whether the model is shown a picture: the one sent with the request, or the one at its target.
    picture: Literal["none", "optional", "required"] = "none"

    @property
    def short_revision(self) -> str:
        """The revision as pages show it: its first 16 characters."""
        return self.revision[:16]

    def accept(
        self, inputs: Mapping[str, Any], context: Context | None = None, *, today: date | None = None
    ) -> dict[str, Any]:
        """Typed values for every declared input; those with a source are filled from the context when left out.

        Args:
            today: the day of the run, for inputs whose source it is.

        Raises:
            InvalidInputs: naming each unknown, missing, blank, ill-typed or too long input.
        """
        return _inputs.accept(self.inputs, inputs, context, self.name, today)

    def render(
        self, values: Mapping[str, Any], nonce: str, earlier: Mapping[str, str] | None = None
    ) -> tuple[Message, ...]:
        """The messages for these values, the hub's own rules first.

        Args:
            values: what ``accept`` gave; strings may have been masked since.
            nonce: 8 to 64 letters and digits a writer of the document cannot know, the same for the same run. If it
                stands in a value, another is derived from it.
            earlier: the ``draft`` that a reviewer rejected, and their ``reason``.

        Raises:
            BadRequest: the messages would pass two million characters.
        """
        nonce = rendering.safe_nonce(nonce, {**values, "earlier": list((earlier or {}).values())})
        filled = rendering.fenced(self.inputs, values, nonce)
        try:
            said = [
                Message(role=section.role, content=sandbox.render(section.body, filled).strip("\n"))
                for section in self.sections
            ]
        except sandbox.RenderedTooLong:
            raise BadRequest(
                f"{self.name} cannot be filled in: the prompt would pass {sandbox.MAX_RENDERED:,} characters.",
                instead="Send a shorter text, or work on one section at a time.",
            ) from None
        except jinja2.TemplateError as error:
            raise BadRequest(f"{self.name} cannot be filled in ({type(error).__name__}).", who=self.owner) from None
        rules = rendering.preamble(nonce, self.contract.shape)
        if said[0].role == "system":
            rules = f"{rules}\n\n{said.pop(0).content}"
        if lines := self._evidence(values):
            # Material like any other, so it stands with the asker's and never among the rules.
            last = next((at for at in reversed(range(len(said))) if said[at].role == "user"), len(said))
            around = [rendering.citing(lines, nonce), *(one.content for one in said[last : last + 1])]
            said[last : last + 1] = [Message(role="user", content="\n\n".join(around))]
        if earlier:
            said.append(Message(role="user", content=rendering.again(earlier, nonce)))
        return (Message(role="system", content=rules), *said)

    def _evidence(self, values: Mapping[str, Any]) -> list[str]:
        """The evidence among the values, unless the template has an input of this name."""
        return (
            [] if any(spec.name == rendering.EVIDENCE for spec in self.inputs) else values.get(rendering.EVIDENCE, [])
        )
