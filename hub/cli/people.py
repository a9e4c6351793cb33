"""``inlay people``: links with which people set a password, and taking a person out of everything that is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hub.cli import output
from hub.cli.opening import a_hub, operator

if TYPE_CHECKING:
    from hub.accounts.links import Issued
    from hub.pipeline.erase import Erased


@click.group("people")
def command() -> None:
    """Invite people, help those who lost a password or phone, and erase what the hub holds of a person."""


@command.command("invite")
@click.argument("email")
@output.json_option
def invite_command(email: str, as_json: bool) -> None:
    """Print a link with which a person sets a password. It works once, within seven days.

    The person has to stand in hub.yaml with a role in a team. Hand the link to them alone: whoever opens it first sets
    the password. A newer link ends an older one.
    """
    from hub.accounts import links

    with a_hub(log_level="ERROR") as hub:
        _show_link(links.invite(hub.parts, email, operator()), as_json)


@command.command("reset")
@click.argument("email")
@click.option(
    "--lost-phone", is_flag=True, help="Turn the second step off: they have neither phone nor recovery codes."
)
@click.option("--other-account", is_flag=True, help="Let another account of the sign-in provider be this person.")
@output.json_option
def reset_command(email: str, lost_phone: bool, other_account: bool, as_json: bool) -> None:
    """Print a link with which a person sets another password. It works once, within a day.

    The old password works until then. Setting the new one ends every session of the person.
    """
    from hub.accounts import links

    with a_hub(log_level="ERROR") as hub:
        made = links.reset(hub.parts, email, operator(), lost_phone=lost_phone, other_subject=other_account)
        _show_link(made, as_json)


def _show_link(made: Issued, as_json: bool) -> None:
    if as_json:
        output.as_json({"email": made.email, "url": made.url, "expires_at": made.expires_at})
        return
    click.echo(made.url)
    click.echo(f"For {made.email}, once, until {output.when(made.expires_at)} UTC. It is shown this once.", err=True)


@command.command("erase")
@click.argument("email")
@click.option("--name", default="", help="Their name, to look for it in texts; left out, the one that is stored.")
@click.option("--in-texts", is_flag=True, help="Also take them out of the texts of other people's runs.")
@click.option("--yes", is_flag=True, help="Do it without asking.")
@output.json_option
@click.pass_context
def erase_command(ctx: click.Context, email: str, name: str, in_texts: bool, yes: bool, as_json: bool) -> None:
    """Show what would be erased of a person, ask, and erase it for good. There is no way back but a backup.

    Their keys stop, their runs stay with an erased person in their place, and texts that hold their address or name are
    removed. The ledger holds no personal data: it stays as it is, and still verifies.
    """
    import dataclasses

    from hub.pipeline.erase import erase

    with a_hub(log_level="ERROR") as hub:
        if not yes:
            _show("What would be erased", erase(hub.parts, email, name=name, in_texts=in_texts, write=False))
            if not click.confirm("Erase it for good?"):
                click.echo("Nothing was erased.")
                ctx.exit(1)
        done = erase(hub.parts, email, name=name, in_texts=in_texts)
    if as_json:
        output.as_json(dataclasses.asdict(done))
    else:
        _show("Erased", done)
        for line in _left(done, in_texts):
            click.echo(line)
    if done.busy:
        ctx.exit(1)


def _show(title: str, found: Erased) -> None:
    rows = [
        ("entries of the person", int(found.known)),
        ("roles in teams", found.doors["memberships"]),
        ("API keys, revoked", found.doors["keys"]),
        ("tokens lent for vendors", found.doors["permits"]),
        ("passes of panels", found.doors["passes"]),
        ("sessions, links and accounts", sum(found.doors[name] for name in ("sessions", "links", "accounts"))),
        ("runs that named them", found.runs),
        ("ended runs whose texts go", found.emptied),
        ("open runs in which address and name are covered", found.covered),
        ("deliveries that named them", found.deliveries),
        ("reviews that named or quoted them", found.reviews),
        ("texts vendors told", found.told),
    ]
    output.table(title, ("what", "how many"), rows)


def _left(done: Erased, in_texts: bool) -> list[str]:
    """What is still there, and whose it is to remove."""
    lines = []
    if done.busy:
        lines.append(
            f"{done.busy} rows are at work at this moment and were left. Run the same command again in a minute."
        )
    if done.others and not in_texts:
        lines.append(f"{done.others} runs of other people hold their address or name. --in-texts removes those too.")
    if done.old_rows:
        lines.append(
            f"{done.old_rows} rows of the ledger from before pseudonyms were drawn at random carry a keyed hash of the "
            "address. It tells nothing without INLAY_SECRET_KEY; whoever has that key can test an address against it."
        )
    lines += [f"{number} rows of '{table}' still hold it." for table, number in done.remains.items()]
    if done.remains:
        lines.append("What hub.yaml declares is changed there: take it out and run inlay apply.")
    lines.append("Take the person out of hub.yaml too, or the next inlay apply makes them anew.")
    lines.append("What was written into documents is the documents', and backups keep what they hold until they end.")
    return lines
