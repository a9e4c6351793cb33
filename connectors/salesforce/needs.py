"""What Inlay's package brings into an org, as far as the connection depends on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Needs:
    """One object: the fields Inlay writes and those it only reads, how many characters must fit, which values a
    picklist must have, and the field that is the key."""

    object: str
    writes: tuple[str, ...]
    reads: tuple[str, ...]
    lengths: Mapping[str, int]
    values: Mapping[str, tuple[str, ...]]
    key: str = ""
    creates: bool = True


OUTPUT = Needs(
    object="AI_Output__c",
    key="Hub_Key__c",
    writes=(
        *("Hub_Key__c", "Request__c", "Campaign__c", "Lead__c", "Opportunity__c", "Source_Record_Id__c"),
        *("Title__c", "Body__c", "Status__c", "Review_Status__c", "Template__c", "Template_Version__c", "Part__c"),
        *("Model__c", "Provenance__c", "Content_SHA256__c", "Governance_Verdict__c", "Governance_Notes__c"),
        *("Generated_At__c", "Hub_Run__c", "Requested_By__c", "Truncated__c", "Full_Output_URL__c"),
    ),
    reads=("Feedback__c", "Feedback_Comment__c"),
    lengths={
        "Source_Record_Id__c": 18,
        "Title__c": 255,
        "Body__c": 131072,
        "Template__c": 80,
        "Template_Version__c": 40,
        "Part__c": 80,
        "Model__c": 120,
        "Provenance__c": 32768,
        "Content_SHA256__c": 64,
        "Governance_Notes__c": 32768,
        "Hub_Run__c": 40,
        "Requested_By__c": 255,
    },
    values={
        "Status__c": ("Ready", "Superseded", "Withdrawn"),
        "Review_Status__c": ("Not needed", "Not reviewed", "Reviewed"),
        "Governance_Verdict__c": ("Pass", "Needs review"),
        "Feedback__c": ("Useful", "Partly useful", "Not useful"),
    },
)
REQUEST = Needs(
    object="AI_Request__c",
    writes=("Status__c", "Status_Note__c"),
    reads=("Campaign__c", "Lead__c", "Opportunity__c", "Template__c", "Instructions__c", "Team__c"),
    lengths={"Status_Note__c": 255},
    values={"Status__c": ("Requested", "In work", "Ready", "Needs attention")},
    creates=False,
)
#: Of the optional package: only what makes a task's write repeatable.
TASK = Needs(object="Task", key="AI_Hub_Key__c", writes=("AI_Hub_Key__c",), reads=(), lengths={}, values={})
#: The key is a SHA-256 in hexadecimal.
KEY_LENGTH = 64
