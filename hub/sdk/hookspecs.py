"""The hooks of the hub, all of them. Work goes to an object, news goes to a hook.

The ``register_*`` hooks are asked once, at start: hand over objects by calling ``register``. The ``on_*`` hooks are
told afterwards. An implementation takes the arguments it needs by name and gives none a default. A plugin that raises
is recorded with its error and left out; the others load.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from hub.sdk.check import Check
    from hub.sdk.connector import Connector
    from hub.sdk.model import Model

PROJECT = "inlay"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def register_connectors(register: Callable[[Connector], None]) -> None:
    """Offer connectors.

    Called: once, when the hub starts.

    Args:
        register: call it with one ``Connector`` object for each vendor. Its ``name`` must be free.

    Raises: whatever you raise is recorded, shown by ``inlay connectors``, and your plugin is left out.

    Example::

        @hookimpl
        def register_connectors(register):
            register(Frontify())
    """


@hookspec
def register_checks(register: Callable[[Check], None]) -> None:
    """Offer governance checks. A registered check runs on every run whose policy names it.

    Called: once, when the hub starts.

    Args:
        register: call it with one ``Check`` object each. Its ``name`` must be free.

    Raises: recorded, and your plugin is left out; a policy that names a missing check holds every run it governs.

    Example::

        @hookimpl
        def register_checks(register):
            register(NoCompetitorNames())
    """


@hookspec
def register_models(register: Callable[[Model], None]) -> None:
    """Offer models beside the configured one. ``INLAY_MODEL`` picks one by its ``name``.

    Called: once, when the hub starts.

    Args:
        register: call it with one ``Model`` object each.

    Raises: recorded, and your plugin is left out.

    Example::

        @hookimpl
        def register_models(register):
            register(OurOwnModel())
    """


@hookspec
def register_templates(register: Callable[[str, str], None]) -> None:
    """Offer prompt templates beside the files in ``prompts/`` and those of ``INLAY_TEMPLATES``.

    Called: once, when the hub starts.

    Args:
        register: call it with the template's name and the text of its ``.prompty`` file.

    Raises: recorded, and your plugin is left out, also when a template cannot be used.

    Example::

        @hookimpl
        def register_templates(register):
            register("press-release", files("our_plugin").joinpath("press-release.prompty").read_text())
    """


@hookspec
def on_run_finished(run: Any) -> None:
    """Hear that a run reached an ending. News only: the run is stored, nothing you do changes it.

    Called: after the commit of the ending, in the process that made it. A run that ended while the process was killed
    is not told again, so read the ledger if you must not miss one.

    Args:
        run: the stored run, read only.

    Raises: logged and counted; the run and the other listeners go on.

    Example::

        @hookimpl
        def on_run_finished(run):
            tell_the_channel(f"{run.template} is ready: {run.id}")
    """
