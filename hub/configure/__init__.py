"""Configuration as code: a hub.yaml becomes teams, people, connections, workflows, budgets and evidence."""

from hub.configure.declared import Declaration
from hub.configure.export import Exported, export
from hub.configure.plan import Change, Plan, apply, plan
from hub.configure.reading import Source, read, read_file

__all__ = ["Change", "Declaration", "Exported", "Plan", "Source", "apply", "export", "plan", "read", "read_file"]
