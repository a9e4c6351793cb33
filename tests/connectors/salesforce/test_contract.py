"""The Salesforce connector keeps the contract of every connector, against its own sandbox."""

from __future__ import annotations

import hashlib
from typing import Any, ClassVar

from connectors.salesforce.connector import Salesforce
from connectors.salesforce.sandbox import start
from connectors.salesforce.sandbox_samples import APP, INTEGRATION, SECRET
from hub.sdk import Connector, Inbound, Json
from hub.testing.connector_contract import ConnectorContract, Stand, posted

#: The request and the message of ``fixtures/AI_Request__c.xml``.
REQUEST, ACTION = "a01Hs0000000901IAA", "04kHs0000000001IAA"


class Org(Stand):
    """The sandbox. Each target is a campaign of its own; what a person sees there are its outputs."""

    def __init__(self) -> None:
        self.sandbox = start(sample=False)
        # Of another year: it is none of the items that are counted.
        campaign = self.sandbox.store.plant("Campaign", {"Name": "A campaign"}, at=1_700_000_000.0)
        values = {"Campaign__c": campaign, "Template__c": "contract-text", "Status__c": "Requested"}
        self.sandbox.store.plant("AI_Request__c", {"Id": REQUEST, **values})

    def settings(self, key: str, previous: str = "") -> dict[str, Any]:
        return {
            "domain": self.sandbox.domain,
            "sandbox_root": self.sandbox.url,
            "username": INTEGRATION,
            "consumer_key": APP,
            "consumer_secret": SECRET,
            "organization_id": self.sandbox.organization,
            "action_ids": [ACTION],
            "inbound_token": token(key),
            "inbound_token_previous": token(previous) if previous else None,
        }

    def place(self, text: str) -> Json:
        values = {"Name": "A place", "Description": text, "IsActive": True}
        return {"record": self.sandbox.store.plant("Campaign", values)}

    def shown(self, at: Json) -> str:
        campaign = self.sandbox.store.find(at["record"])
        assert campaign is not None
        said = [str(campaign.values["Description"])]
        for row in self._outputs():
            if row.values["Campaign__c"] == at["record"] and row.values["Status__c"] != "Withdrawn":
                mark = "Not reviewed\n" if row.values["Review_Status__c"] == "Not reviewed" else ""
                said.append(mark + str(row.values["Body__c"]))
        return "\n".join(said)

    def effects(self, key: str) -> int:
        return len(self._of(key))

    def calls(self) -> int:
        return len(self.sandbox.journal.entries())

    def edit(self, key: str) -> None:
        row = self._row(key)
        self.sandbox.store.update(self._type, row.id, {"Body__c": f"{row.values['Body__c']} by a person"})

    def remove(self, key: str) -> None:
        self.sandbox.store.delete(self._type, self._row(key).id)

    def delete(self, at: Json) -> None:
        self.sandbox.store.delete(self.sandbox.store.schema.get("Campaign"), at["record"])

    def lose_reply(self) -> None:
        self.sandbox.faults.add("drop-after-commit", on="collections.upsert")

    def busy(self) -> None:
        self.sandbox.faults.add("concurrent", times=None)

    def expire(self) -> None:
        self.sandbox.faults.clear()
        self.sandbox.accounts.expire_all()
        self.sandbox.accounts.register(APP, secret="another secret", run_as=INTEGRATION)

    def make_item(self) -> None:
        self.sandbox.store.plant("Campaign", {"Name": "Made by a person"})

    def stop(self) -> None:
        self.sandbox.stop()

    @property
    def _type(self) -> Any:
        return self.sandbox.store.schema.get("AI_Output__c")

    def _outputs(self) -> list[Any]:
        return self.sandbox.store.rows("AI_Output__c")

    def _live(self) -> list[Any]:
        return [row for row in self._outputs() if row.values["Status__c"] != "Withdrawn"]

    def _row(self, key: str) -> Any:
        (row,) = self._of(key)
        return row

    def _of(self, key: str) -> list[Any]:
        about = "Source_Record_Id__c"
        return [row for row in self._live() if row.values["Hub_Key__c"] == hub_key(key, row.values[about])]


def hub_key(key: str, record: str) -> str:
    return hashlib.sha256(f"inlay|{key}|{record}|text".encode()).hexdigest()


def token(key: str) -> str:
    """A token of the form the settings want, made of what the contract signs with."""
    return "".join(one if one.isalnum() else "-" for one in key).ljust(24, "0") if key else ""


class TestSalesforce(ConnectorContract):
    connector: ClassVar[Connector] = Salesforce()
    counts = "campaigns"
    # Salesforce signs nothing: a token in the address and two ids prove the sender.
    signs_body = False

    def stand(self) -> Stand:
        return Org()

    def unheard_of(self, event: bytes) -> bytes:
        return event.replace(b"AI_Request__c", b"Another__c")

    def signed(self, event: bytes, key: str) -> Inbound:
        return posted(event, token(key), Content_Type="text/xml; charset=utf-8")
