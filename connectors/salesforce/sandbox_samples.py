"""The sandbox's own org: a made-up brand with its campaigns, leads and sales, and the people who work on them."""

from __future__ import annotations

from connectors.salesforce.sandbox_accounts import Accounts, User
from connectors.salesforce.sandbox_ids import INSTANCE, suffix
from connectors.salesforce.sandbox_rights import integration, person
from connectors.salesforce.sandbox_store import Store

#: The app that comes with the sample org. Its secret opens nothing but a sandbox on this machine.
APP, SECRET = "3MVG9.inlay.sandbox", "sandbox-only"
INTEGRATION, PLANNER = "inlay.integration@sommerlicht.example", "noor.haddad@sommerlicht.example"


def _first(prefix: str, number: int = 1) -> str:
    short = f"{prefix}{INSTANCE}{number:07d}"
    return short + suffix(short)


ORGANIZATION = _first("00D")
LAUNCH, WINTER, PARTNERS = (_first("701", number) for number in (1, 2, 3))
#: The first of the two leads and of the two opportunities.
LEAD, OPPORTUNITY = _first("00Q"), _first("006")


def load_org(store: Store, domain: str, *, is_sandbox: bool) -> str:
    """The organization's own record; gives its id."""
    name = domain.partition(".")[0]
    values = {
        "Name": "Sommerlicht GmbH",
        "InstanceName": "DEU42",
        "IsSandbox": is_sandbox,
        "OrganizationType": "Enterprise Edition",
        "Country": "DE",
        "Address": {
            **dict.fromkeys(("city", "geocodeAccuracy", "latitude", "longitude", "postalCode", "state", "street")),
            "country": "DE",
        },
        "PrimaryContact": f"Admin of {name}",
        "DefaultLocaleSidKey": "en_US",
        "TimeZoneSidKey": "Europe/Berlin",
        "LanguageLocaleKey": "en_US",
    }
    return store.plant("Organization", values)


def load_people(store: Store, accounts: Accounts) -> None:
    """One user each for the integration and for the media planner, and the app that acts for the first."""
    people = [
        (INTEGRATION, "Inlay", "Integration", "", integration()),
        (PLANNER, "Noor", "Haddad", "Media planner", person()),
    ]
    for username, first, last, title, rights in people:
        values = {"Username": username, "FirstName": first, "LastName": last, "Email": username, "Title": title}
        accounts.add_user(User(store.plant("User", {**values, "IsActive": True}), username, rights))
    accounts.register(APP, secret=SECRET, run_as=INTEGRATION)


def load_samples(store: Store, accounts: Accounts) -> None:
    """Campaigns, leads, opportunities, and which campaign influenced which of them."""
    owner = accounts.user(PLANNER).id
    launch = store.plant(
        "Campaign",
        {
            "Name": "Sommerlicht solar lantern: spring launch",
            "Type": "Email",
            "Status": "In Progress",
            "IsActive": True,
            "StartDate": "2027-05-17",
            "EndDate": "2027-06-30",
            "BudgetedCost": 48000,
            "ActualCost": 21500,
            "ExpectedRevenue": 210000,
            "ExpectedResponse": 4.5,
            "NumberSent": 38200,
            "Description": "Launch on 3 June for people with a balcony in town. Promise: warm light without a cable. "
            "The lantern charges in six hours of daylight and glows for twenty.",
            "OwnerId": owner,
            **_counted(leads=412, contacts=96, responses=1710, opportunities=2, won=1, all=93500, gained=61500),
        },
    )
    winter = store.plant(
        "Campaign",
        {
            "Name": "Winter evenings: search and social",
            "Type": "Advertisement",
            "Status": "Planned",
            "StartDate": "2027-10-04",
            "EndDate": "2027-12-12",
            "BudgetedCost": 65000,
            "ExpectedRevenue": 180000,
            "Description": "Search and paid social for the dark months: café tables, terraces, gifts under 40 euros.",
            "OwnerId": owner,
        },
    )
    store.plant(
        "Campaign",
        {
            "Name": "Campsite partners webinar",
            "Type": "Webinar",
            "Status": "Completed",
            "StartDate": "2027-02-09",
            "EndDate": "2027-02-09",
            "BudgetedCost": 6000,
            "ActualCost": 5240,
            "NumberSent": 900,
            "Description": "A webinar for campsites that rent lanterns to their guests.",
            "OwnerId": owner,
            **_counted(leads=57, contacts=11, responses=64, opportunities=0, won=0, all=0, gained=0),
        },
    )
    account = store.plant("Account", {"Name": "Camping Seeblick AG", "AccountNumber": "420", "OwnerId": owner})
    contact = store.plant(
        "Contact",
        {"FirstName": "Léa", "LastName": "Fontaine", "Email": "lea.fontaine@seeblick.example", "AccountId": account},
    )
    for first, last, company, email in (
        ("Jonas", "Weber", "Café am Markt", "jonas.weber@cafe-am-markt.example"),
        ("Mireille", "Tremblay", "Terrasse Tremblay", "mireille@terrasse-tremblay.example"),
    ):
        values = {"FirstName": first, "LastName": last, "Company": company, "Email": email, "LeadSource": "Web"}
        store.plant("Lead", {**values, "OwnerId": owner})
    won = store.plant(
        "Opportunity",
        {
            "Name": "Camping Seeblick: 1,500 lanterns",
            "AccountId": account,
            "ContactId": contact,
            "CampaignId": launch,
            "StageName": "Closed Won",
            "Amount": 61500,
            "Probability": 100,
            "CloseDate": "2027-06-12",
            "OwnerId": owner,
        },
    )
    open_ = store.plant(
        "Opportunity",
        {
            "Name": "Camping Seeblick: refill for the season",
            "AccountId": account,
            "CampaignId": launch,
            "StageName": "Proposal",
            "Amount": 32000,
            "Probability": 60,
            "CloseDate": "2027-07-20",
            "OwnerId": owner,
        },
    )
    models = [
        store.plant("CampaignInfluenceModel", {"DeveloperName": name, "MasterLabel": label, **flags})
        for name, label, flags in (
            ("SalesforceModel", "Primary Campaign Source", {"IsDefaultModel": True, "IsActive": True}),
            ("EvenDistribution", "Even Distribution", {"IsActive": True, "IsModelLocked": True}),
        )
    ]
    # Each model shares the same money out once more: whoever adds across models counts it twice.
    for model, campaign, opportunity, share in (
        (models[0], launch, won, 100),
        (models[0], launch, open_, 100),
        (models[1], launch, won, 50),
        (models[1], winter, won, 50),
    ):
        ids = {"CampaignId": campaign, "OpportunityId": opportunity, "ModelId": model, "ContactId": contact}
        store.plant("CampaignInfluence", {**ids, "Influence": share})


def _counted(
    *, leads: int, contacts: int, responses: int, opportunities: int, won: int, all: int, gained: int
) -> dict[str, int]:
    return {
        "NumberOfLeads": leads,
        "NumberOfContacts": contacts,
        "NumberOfResponses": responses,
        "NumberOfOpportunities": opportunities,
        "NumberOfWonOpportunities": won,
        "AmountAllOpportunities": all,
        "AmountWonOpportunities": gained,
    }
