"""A person with a document open beside a hub of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.connectors.google_docs.addon_stage import Desk, Stage, connect_addon, served
from tests.connectors.google_docs.signing import a_signer
from tests.flow.web.site import open_site


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A hub whose model is told what to answer by ``desk.site.hub``'s fake, and Mara with the sidebar open."""
    with a_signer() as signer, open_site(tmp_path) as site:
        connect_addon(site, signer)
        with served(site.app) as port:
            url = f"http://127.0.0.1:{port}"
            stage = Stage(url)
            try:
                opened = Desk(site, signer, stage, url)
                opened.sign_in()
                yield opened
            finally:
                stage.close()
