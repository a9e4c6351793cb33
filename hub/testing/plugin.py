"""The pytest plugin that comes with Inlay: a fake model, the tests of templates, readable failures of the contract."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from hub.testing.fake_model import FakeModel

#: Named by its module, so that a run that has it as a plugin of its own collects each file once.
_TEMPLATE_TESTS = "hub.testing.template_tests"

# A failed assertion of the contract shows its values, as one of a test file does.
for _part in ("connector_contract", "contract_inbound", "contract_writing"):
    pytest.register_assert_rewrite(f"hub.testing.{_part}")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect ``<name>.tests.yaml`` where ``<name>.prompty`` lies beside it; see ``hub.testing.template_tests``."""
    if not file_path.name.endswith(".tests.yaml") or parent.config.pluginmanager.has_plugin(_TEMPLATE_TESTS):
        return None
    from hub.testing import template_tests

    return template_tests.pytest_collect_file(file_path, parent)


@pytest.fixture
def inlay_fake_model() -> FakeModel:
    """A model in this process that answers one variant and keeps what it was asked. See ``hub.testing.FakeModel``."""
    # Imported here: pytest loads this module in every project of the environment, also where Inlay plays no part.
    from hub.testing.fake_model import FakeModel

    return FakeModel()
