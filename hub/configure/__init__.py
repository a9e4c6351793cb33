"""Configuration as code: a hub.yaml becomes teams, people, connections, enablements, workflows and budgets."""

from hub.configure.declared import Declaration
from hub.configure.plan import Change, Plan, apply, plan
from hub.configure.reading import Source, read, read_file

__all__ = ["Change", "Declaration", "Plan", "Source", "apply", "plan", "read", "read_file"]
