"""The command line ``inlay``: one module per command, loaded when it is called, so that ``--help`` answers at once."""

from __future__ import annotations

import click

from hub.cli.lazy import LazyGroup

#: Every command: the module beside this one, and the line ``inlay --help`` shows for it.
COMMANDS = {
    "demo": ("demo", "Start the hub with sample documents and run one request; needs no key."),
    "init": ("init", "Write a commented hub.yaml to start from."),
    "apply": ("apply", "Make the teams, connections and workflows of a file so."),
    "export": ("export", "Write the configuration as it stands as a hub.yaml."),
    "serve": ("serve", "Serve pages and API, and work on runs."),
    "work": ("work", "Work on runs, without pages or API."),
    "doctor": ("doctor", "Check database, broker, model and connections: what is wrong, the fix, who."),
    "connectors": ("connectors", "List installed connectors and connections; try a connection."),
    "templates": ("templates", "List, show and check prompt templates."),
    "policy": ("policy", "Show the checks in force."),
    "reviews": ("reviews", "Show what waits for a person to look at, and how reviews go."),
    "claims": ("claims", "Keep the evidence for what is claimed; list claims to look at again."),
    "budgets": ("budgets", "Show what is left of every budget and where its month will end; raise one."),
    "runs": ("runs", "List, show, cancel, resume and undo runs."),
    "keys": ("keys", "Make, list and revoke API keys."),
    "people": ("people", "Invite a person, reset a lost password, erase what is held of somebody."),
    "webhooks": ("webhooks", "List and try what the hub's own events are sent to; send one again."),
    "notifications": ("notifications", "Show how mail to people stands; try the mail server."),
    "lineage": ("lineage", "From a page, record or passage back to what made it, and what proves it."),
    "compliance": ("compliance", "Export what an auditor asks for, as the hub stands now."),
    "ledger": ("ledger", "Verify and export the record of everything that happened."),
    "sandbox": ("sandbox", "Run a connector's local stand-in for its vendor."),
    "bench": ("bench", "Measure latency, throughput and the cost of each stage."),
    "docs": ("docs", "Print the reference tables."),
}


@click.group(cls=LazyGroup, commands_in=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="inlay", prog_name="inlay")
def main() -> None:
    """Inlay: the governed way to AI inside the tools a marketing team already uses.

    Settings are environment variables, INLAY_HOME and so on; `inlay docs tables` lists them. Exit codes: 0 done, 1 it
    did not work, 2 a setting or the command itself is wrong.
    """
