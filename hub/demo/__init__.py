"""The demo: a hub and a sandbox on this machine, three teams, and one request that goes the whole way."""

from hub.demo.setting import Setting, free_port, set_up
from hub.demo.story import Ending, Stage, tell

__all__ = ["Ending", "Setting", "Stage", "free_port", "set_up", "tell"]
