"""The demo: a hub and stand-ins for its vendors on this machine, three teams, and requests that go the whole way."""

from hub.demo.door import open_door
from hub.demo.ending import Ending, Placed, Stage
from hub.demo.journeys import Journey, journeys
from hub.demo.setting import Setting, free_port, set_up, settings_of
from hub.demo.story import tell

__all__ = [
    "Ending",
    "Journey",
    "Placed",
    "Setting",
    "Stage",
    "free_port",
    "journeys",
    "open_door",
    "set_up",
    "settings_of",
    "tell",
]
