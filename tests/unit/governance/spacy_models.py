"""Builds real spaCy models for tests without a download: a blank language and a list of the names it knows."""

from __future__ import annotations

from pathlib import Path


def build(folder: Path, *names: str, language: str = "en", label: str = "PERSON", more: tuple[str, ...] = ()) -> str:
    """A model that takes these for persons and ``more`` for organisations, as a folder; its path."""
    import spacy

    nlp = spacy.blank(language)
    known = [{"label": label, "pattern": name} for name in names]
    nlp.add_pipe("entity_ruler").add_patterns([*known, *({"label": "ORG", "pattern": one} for one in more)])  # type: ignore[attr-defined]
    nlp.to_disk(folder)
    return str(folder)


def package(folder: Path, name: str, model: str) -> Path:
    """The model as a package that can be imported once the folder is on the path, as pip would install it."""
    made = folder / name
    made.mkdir(parents=True)
    (made / "__init__.py").write_text(
        f"import spacy\n\n\ndef load(**overrides):\n    return spacy.load({model!r}, **overrides)\n"
    )
    (folder / f"{name}-1.0.dist-info").mkdir()
    (folder / f"{name}-1.0.dist-info" / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    return folder
