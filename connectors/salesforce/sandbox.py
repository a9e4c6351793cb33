"""A local stand-in for a Salesforce org: the demo, the tests and the set-up wizard write to it instead of Salesforce.

It speaks the token endpoint and the REST API over HTTP on 127.0.0.1, keeps records in memory, sends outbound messages,
and shows each record at ``/lightning/r/<type>/<id>/view``. It knows nothing of the connector. What it refuses, and in
which words, follows Salesforce's documentation and recorded answers; where neither says, the comments do.
"""

from __future__ import annotations

import http.client
import secrets
import signal
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from connectors.salesforce import sandbox_samples as samples
from connectors.salesforce.sandbox_accounts import Accounts, User
from connectors.salesforce.sandbox_faults import Faults, Journal
from connectors.salesforce.sandbox_http import Server
from connectors.salesforce.sandbox_objects import TYPES
from connectors.salesforce.sandbox_outbound import Outbound
from connectors.salesforce.sandbox_parts import Parts
from connectors.salesforce.sandbox_rest import READS
from connectors.salesforce.sandbox_rights import PROFILES
from connectors.salesforce.sandbox_schema import Schema
from connectors.salesforce.sandbox_store import Store

DOMAIN = "sommerlicht.my.salesforce.com"


@dataclass(slots=True)
class Sandbox:
    """A running sandbox. ``url`` has no slash at its end."""

    url: str
    store: Store
    accounts: Accounts
    faults: Faults
    journal: Journal
    outbound: Outbound
    parts: Parts
    #: Stands at the end of the address its outbound messages go to.
    token: str = field(repr=False)
    _server: Server
    _thread: threading.Thread

    def settings(self) -> dict[str, Any]:
        """What an admin fills in to connect to this org, secrets as plain texts."""
        return {
            "domain": self.domain,
            "sandbox_root": self.url,
            "login_audience": self.accounts.audience,
            "consumer_key": samples.APP,
            "consumer_secret": samples.SECRET,
            "organization_id": self.organization,
            "action_ids": [self.outbound.action],
            "inbound_token": self.token,
        }

    def calls_back(self, url: str) -> None:
        """From now on tell the hub of every request; ``url`` is where the connection takes webhooks."""
        self.outbound.configure(endpoint=f"{url}/{self.token}")

    def page(self, at: Mapping[str, Any]) -> str:
        """Where a person looks at the record of a target."""
        record = self.store.find(str(at.get("record", "")))
        return self.record_url(record.type, record.id) if record else self.url

    def ask(self, at: Mapping[str, Any], template: str, instructions: str = "") -> str:
        """Ask about a record as a person does, with the form on its page; gives the id of the request it made.

        Raises:
            ValueError: the page says why it took no request.
        """
        page = urlsplit(self.page(at))
        before = {one.id for one in self.store.rows("AI_Request__c")}
        connection = http.client.HTTPConnection(page.netloc, timeout=30)
        try:
            form = urlencode({"template": template, "instructions": instructions})
            headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.url}
            connection.request("POST", f"{page.path.removesuffix('/view')}/ask", form, headers)
            status = connection.getresponse().status
        finally:
            connection.close()
        made = [one.id for one in self.store.rows("AI_Request__c") if one.id not in before]
        if status != 303 or not made:
            raise ValueError(f"the record's page took no request for {template!r} (status {status})")
        return made[-1]

    def shown(self, at: Mapping[str, Any]) -> str:
        """The texts that stand as outputs on the record of a target."""
        record, outputs = str(at.get("record", "")), self.store.rows("AI_Output__c")
        about = [one for one in outputs if one.values.get("Source_Record_Id__c") == record]
        return "\n".join(str(one.values["Body__c"]) for one in about if one.values.get("Status__c") == "Ready")

    @property
    def organization(self) -> str:
        """The org's id, 18 characters."""
        return self.accounts.organization

    @property
    def domain(self) -> str:
        """The My Domain host that this sandbox stands for."""
        return self.accounts.domain

    def record_url(self, type: str, id: str) -> str:
        """Where a person looks at a record."""
        return f"{self.url}/lightning/r/{type}/{id}/view"

    def add_user(self, username: str, profile: str = "reader") -> User:
        """Another user: ``administrator``, ``integration``, ``person`` or ``reader``.

        Raises:
            KeyError: there is no such profile.
        """
        name = username.partition("@")[0]
        id = self.store.plant("User", {"Username": username, "LastName": name, "Email": username, "IsActive": True})
        return self.accounts.add_user(User(id, username, PROFILES[profile]()))

    def calls(self) -> dict[str, int]:
        """How many calls have been answered so far: reads and writes, as the API counts them, and logins."""
        operations = [entry.operation for entry in self.journal.entries()]
        logins = operations.count("token")
        reads = sum(one in READS for one in operations)
        return {"reads": reads, "writes": len(operations) - reads - logins, "logins": logins}

    def stop(self) -> None:
        """Close the door. Harmless the second time."""
        self.parts.stopping.set()
        self.outbound.stop()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


def start(
    port: int = 0,
    seed: Path | None = None,
    sample: bool = True,
    *,
    apps: Mapping[str, str] | None = None,
    domain: str = DOMAIN,
    is_sandbox: bool = False,
    fault_seed: int = 0,
    clock: Callable[[], float] = time.time,
) -> Sandbox:
    """Start a sandbox in this process, on a free port unless one is named.

    Args:
        port: 0 takes a free one.
        seed: a recorded answer to a query, or a folder of them, whose records are there from the start.
        sample: load the campaigns and sales of the sample org. Its two users and its app are there in any case.
        apps: consumer key to public key (PEM) of apps whose assertions may act for the integration user.
        domain: the My Domain host it stands for.
        is_sandbox: be an org of the kind that logs in at test.salesforce.com.
        fault_seed: starts the dice of faults that happen by chance.
        clock: Unix seconds, of records and sessions.

    Raises:
        OSError: the port is taken.
        ValueError, OSError: the seed cannot be read.
    """
    store = Store(Schema(TYPES), clock)
    organization = samples.load_org(store, domain, is_sandbox=is_sandbox)
    accounts = Accounts(organization, domain, is_sandbox=is_sandbox, clock=clock)
    samples.load_people(store, accounts)
    for key, pem in (apps or {}).items():
        accounts.register(key, public_key=pem, approved=(samples.INTEGRATION,))
    if sample:
        samples.load_samples(store, accounts)
    if seed is not None:
        store.seed(seed)
    outbound = Outbound(store, organization, domain)
    # A hub outlives a sandbox: it must not take a new request for one that an earlier sandbox gave the same id.
    store.go_on_from(int(clock() * 1000))
    parts = Parts(store, accounts, Faults(fault_seed), Journal(clock=clock), outbound, person=samples.PLANNER)
    server = Server(port, parts)
    parts.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), name="salesforce-sandbox", daemon=True)
    thread.start()
    outbound.start()
    return Sandbox(
        url=parts.url,
        store=store,
        accounts=accounts,
        faults=parts.faults,
        journal=parts.journal,
        outbound=outbound,
        parts=parts,
        token=secrets.token_urlsafe(32),
        _server=server,
        _thread=thread,
    )


def serve(port: int = 0, seed: Path | None = None, *, ready: Callable[[Sandbox], None] | None = None) -> None:
    """Run a sandbox in the foreground until SIGTERM or SIGINT. ``ready`` is told once it listens.

    Raises:
        OSError: the port is taken, or the seed cannot be read.
    """
    ends = {signal.SIGTERM, signal.SIGINT}
    # Blocked before any thread starts, so that they wait for sigwait and end nothing half way.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    try:
        sandbox = start(port, seed)
        if ready is not None:
            ready(sandbox)
        signal.sigwait(ends)
        sandbox.stop()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
