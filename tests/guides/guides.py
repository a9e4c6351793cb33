"""What tests of the guides share: the guides, and the code blocks that stand in them."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "hub" / "docs"
#: The pages people read: the README, the guides that ship, the connectors' own. The code prints the reference itself.
PAGES = (
    ROOT / "README.md",
    *sorted(path for path in DOCS.glob("*.md") if path.name != "reference.md"),
    *sorted((ROOT / "connectors").glob("*/README.md")),
)
_FENCE = re.compile(r"^```([a-z]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def guide(name: str) -> str:
    """The text of a guide."""
    return (DOCS / f"{name}.md").read_text(encoding="utf-8")


def blocks(text: str, language: str) -> list[str]:
    """The code blocks of a language, in their order; those without one are shell."""
    return [code for said, code in _FENCE.findall(text) if said == language]
