"""Templates: finds, checks and renders the shared prompt files, and reads what a model answers by their contract."""

from hub.templates.answer import ContractBroken
from hub.templates.contract import Contract, FieldSpec, Limit
from hub.templates.inputs import InputSpec
from hub.templates.limits import Breach
from hub.templates.loading import load, load_folder, shipped
from hub.templates.rendering import EVIDENCE
from hub.templates.template import Help, Section, Template

__all__ = [
    "EVIDENCE",
    "Breach",
    "Contract",
    "ContractBroken",
    "FieldSpec",
    "Help",
    "InputSpec",
    "Limit",
    "Section",
    "Template",
    "load",
    "load_folder",
    "shipped",
]
