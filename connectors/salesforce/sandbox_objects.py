"""The types of the sandbox's org: Salesforce's own that a campaign team works with, and the two of Inlay's package."""

from __future__ import annotations

from typing import Any

from connectors.salesforce.sandbox_schema import Field, ObjectType


def text(name: str, length: int = 255, **more: Any) -> Field:
    return Field(name, "string", length, **more)


def area(name: str, length: int, **more: Any) -> Field:
    return Field(name, "textarea", length, **more)


def pick(name: str, *values: str, **more: Any) -> Field:
    return Field(name, "picklist", 255, values, **more)


def lookup(name: str, *types: str, **more: Any) -> Field:
    relation = name.replace("__c", "__r") if name.endswith("__c") else name.removesuffix("Id")
    return Field(name, "reference", 18, refers=types, relation=relation, **more)


def flag(name: str, default: bool = False, **more: Any) -> Field:
    return Field(name, "boolean", default=default, **more)


def number(name: str, type: str = "double", **more: Any) -> Field:
    return Field(name, type, **more)


SYSTEM = (
    flag("IsDeleted", system=True),
    Field("CreatedDate", "datetime", system=True),
    lookup("CreatedById", "User", system=True),
    Field("LastModifiedDate", "datetime", system=True),
    lookup("LastModifiedById", "User", system=True),
    Field("SystemModstamp", "datetime", system=True),
)


def kind(name: str, prefix: str, *fields: Field, label: str = "", plural: str = "", setup: bool = False) -> ObjectType:
    key = Field("Id", "id", 18, system=True, label="Record ID")
    label = label or name
    # What an admin sets up cannot go to the recycle bin, so it has no IsDeleted.
    system = SYSTEM[1:] if setup else SYSTEM
    return ObjectType(name, prefix, (key, *fields, *system), label, plural or f"{label}s", setup)


def _custom(name: str, prefix: str, auto: str, label: str, *fields: Field) -> ObjectType:
    named = text("Name", 80, auto=auto)
    return kind(name, prefix, lookup("OwnerId", "User"), named, *fields, label=label, plural=f"{label}s")


ABOUT = (lookup("Campaign__c", "Campaign"), lookup("Lead__c", "Lead"), lookup("Opportunity__c", "Opportunity"))

AI_REQUEST = _custom(
    "AI_Request__c",
    "a01",
    "AIR-{0000000}",
    "AI Request",
    *ABOUT,
    text("Template__c", 80, required=True),
    area("Instructions__c", 32768),
    text("Team__c", 80),
    pick("Status__c", "Requested", "In work", "Ready", "Needs attention", default="Requested", restricted=True),
    text("Status_Note__c"),
)
AI_OUTPUT = _custom(
    "AI_Output__c",
    "a02",
    "AIO-{0000000}",
    "AI Output",
    text("Hub_Key__c", 64, required=True, unique=True, external=True, case_sensitive=True),
    lookup("Request__c", "AI_Request__c"),
    *ABOUT,
    text("Source_Record_Id__c", 18),
    text("Title__c"),
    area("Body__c", 131072),
    pick("Status__c", "Ready", "Superseded", "Withdrawn", restricted=True),
    pick("Review_Status__c", "Not needed", "Not reviewed", "Reviewed", restricted=True),
    text("Template__c", 80),
    text("Template_Version__c", 40),
    text("Part__c", 80),
    text("Model__c", 120),
    area("Provenance__c", 32768),
    text("Content_SHA256__c", 64),
    pick("Governance_Verdict__c", "Pass", "Needs review", restricted=True),
    area("Governance_Notes__c", 32768),
    Field("Generated_At__c", "datetime"),
    text("Hub_Run__c", 40),
    text("Requested_By__c"),
    flag("Truncated__c"),
    Field("Full_Output_URL__c", "url", 255),
    pick("Feedback__c", "Useful", "Partly useful", "Not useful", restricted=True),
    area("Feedback_Comment__c", 4096),
)
CAMPAIGN = kind(
    "Campaign",
    "701",
    text("Name", 80, required=True),
    lookup("ParentId", "Campaign"),
    pick("Type", "Conference", "Webinar", "Advertisement", "Email", "Other", default="Other"),
    pick("Status", "Planned", "In Progress", "Completed", "Aborted", default="Planned"),
    Field("StartDate", "date"),
    Field("EndDate", "date"),
    number("ExpectedRevenue", "currency"),
    number("BudgetedCost", "currency"),
    number("ActualCost", "currency"),
    number("ExpectedResponse", "percent"),
    number("NumberSent"),
    flag("IsActive"),
    area("Description", 32000),
    # Salesforce counts these itself; a sample record may carry them, a caller may not write them.
    *(
        Field(name, "int", createable=False, updateable=False)
        for name in (
            *("NumberOfLeads", "NumberOfConvertedLeads", "NumberOfContacts", "NumberOfResponses"),
            *("NumberOfOpportunities", "NumberOfWonOpportunities"),
        )
    ),
    number("AmountAllOpportunities", "currency", createable=False, updateable=False),
    number("AmountWonOpportunities", "currency", createable=False, updateable=False),
    lookup("OwnerId", "User"),
)
CAMPAIGN_INFLUENCE_MODEL = kind(
    "CampaignInfluenceModel",
    "03V",
    text("DeveloperName", 80),
    text("MasterLabel", 80),
    area("ModelDescription", 255),
    flag("IsDefaultModel"),
    flag("IsModelLocked"),
    flag("IsActive"),
    label="Campaign Influence Model",
    setup=True,
)
CAMPAIGN_INFLUENCE = kind(
    "CampaignInfluence",
    "7Ci",
    lookup("CampaignId", "Campaign", required=True),
    lookup("OpportunityId", "Opportunity", required=True),
    lookup("ContactId", "Contact"),
    lookup("ModelId", "CampaignInfluenceModel", required=True),
    number("Influence", "percent"),
    number("RevenueShare", "currency", createable=False, updateable=False),
    label="Campaign Influence",
    plural="Campaign Influence",
)
ACCOUNT = kind(
    "Account",
    "001",
    text("Name", required=True),
    text("AccountNumber", 40),
    pick("Industry", "Retail", "Technology", "Energy", "Media"),
    area("Description", 32000),
    lookup("OwnerId", "User"),
)
CONTACT = kind(
    "Contact",
    "003",
    lookup("AccountId", "Account"),
    text("FirstName", 40),
    text("LastName", 80, required=True),
    text("Name", 121, system=True),
    Field("Email", "email", 80, lookup=True),
    Field("Phone", "phone", 40),
    text("Title", 128),
    area("Description", 32000),
    lookup("OwnerId", "User"),
)
LEAD = kind(
    "Lead",
    "00Q",
    text("FirstName", 40),
    text("LastName", 80, required=True),
    text("Name", 121, system=True),
    text("Company", required=True),
    text("Title", 128),
    Field("Email", "email", 80, lookup=True),
    Field("Phone", "phone", 40),
    pick("LeadSource", "Web", "Phone Inquiry", "Partner Referral", "Other"),
    pick("Industry", "Retail", "Technology", "Energy", "Media"),
    pick("Rating", "Hot", "Warm", "Cold"),
    pick(
        "Status",
        "Open - Not Contacted",
        "Working - Contacted",
        "Closed - Converted",
        "Closed - Not Converted",
        default="Open - Not Contacted",
    ),
    area("Description", 32000),
    flag("IsConverted", createable=False, updateable=False),
    lookup("OwnerId", "User"),
)
WON, LOST = "Closed Won", "Closed Lost"
OPPORTUNITY = kind(
    "Opportunity",
    "006",
    lookup("AccountId", "Account"),
    lookup("ContactId", "Contact"),
    lookup("CampaignId", "Campaign"),
    text("Name", 120, required=True),
    area("Description", 32000),
    pick("StageName", "Prospecting", "Qualification", "Proposal", WON, LOST, required=True),
    pick("Type", "New Customer", "Existing Customer"),
    number("Amount", "currency"),
    number("ExpectedRevenue", "currency", createable=False, updateable=False),
    number("Probability", "percent"),
    Field("CloseDate", "date", required=True),
    pick("LeadSource", "Web", "Phone Inquiry", "Partner Referral", "Other"),
    text("NextStep"),
    flag("IsClosed", system=True),
    flag("IsWon", system=True),
    lookup("OwnerId", "User"),
    plural="Opportunities",
)
TASK = kind(
    "Task",
    "00T",
    lookup("WhoId", "Lead", "Contact"),
    lookup("WhatId", "Campaign", "Opportunity", "Account"),
    text("Subject"),
    Field("ActivityDate", "date"),
    pick("Status", "Not Started", "In Progress", "Completed", default="Not Started"),
    pick("Priority", "High", "Normal", "Low", default="Normal"),
    area("Description", 32000),
    text("AI_Hub_Key__c", 64, unique=True, external=True, case_sensitive=True),
    flag("IsClosed", system=True),
    lookup("OwnerId", "User"),
)
USER = kind(
    "User",
    "005",
    Field("Username", "string", 80, required=True, lookup=True),
    text("FirstName", 40),
    text("LastName", 80, required=True),
    text("Name", 121, system=True),
    Field("Email", "email", 128, required=True),
    text("Title", 80),
    flag("IsActive", True),
    setup=True,
)
ORGANIZATION = kind(
    "Organization",
    "00D",
    text("Name", 80, required=True),
    *(text(name, 80) for name in ("Division", "Street", "City", "State", "PostalCode", "Country")),
    *(number(name) for name in ("Latitude", "Longitude")),
    pick("GeocodeAccuracy"),
    Field("Address", "address"),
    *(Field(name, "phone", 40) for name in ("Phone", "Fax")),
    text("PrimaryContact", 80),
    *(pick(name) for name in ("DefaultLocaleSidKey", "TimeZoneSidKey", "LanguageLocaleKey")),
    *(flag(name) for name in ("ReceivesInfoEmails", "ReceivesAdminInfoEmails")),
    *(
        flag(f"Preferences{name}")
        for name in (
            "RequireOpportunityProducts",
            "TransactionSecurityPolicy",
            "TerminateOldestSession",
            "ConsentManagementEnabled",
            "AutoSelectIndividualOnMerge",
            "LightningLoginEnabled",
            "OnlyLLPermUserAllowed",
        )
    ),
    Field("FiscalYearStartMonth", "int", default=1),
    flag("UsesStartDateAsFiscalYearName"),
    *(
        pick(f"Default{name}Access")
        for name in ("Account", "Contact", "Opportunity", "Lead", "Case", "Calendar", "Pricebook", "Campaign")
    ),
    Field("DelegatedAuthenticationServiceUrl", "url", 1000),
    Field("ComplianceBccEmail", "email", 80),
    *(pick(name) for name in ("UiSkin", "SignupCountryIsoCode")),
    Field("TrialExpirationDate", "datetime"),
    Field("NumKnowledgeService", "int", default=0),
    pick("OrganizationType"),
    text("NamespacePrefix", 15),
    text("InstanceName", 5),
    flag("IsSandbox"),
    pick("WebToCaseDefaultOrigin"),
    *(Field(name, "int", default=0) for name in ("MonthlyPageViewsUsed", "MonthlyPageViewsEntitlement")),
    flag("IsReadOnly"),
    setup=True,
)
TYPES = (
    *(ORGANIZATION, USER, ACCOUNT, CONTACT, CAMPAIGN, LEAD, OPPORTUNITY, TASK),
    *(CAMPAIGN_INFLUENCE_MODEL, CAMPAIGN_INFLUENCE, AI_REQUEST, AI_OUTPUT),
)
