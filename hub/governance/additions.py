"""What an organisation chooses and what a team adds: packs by name, and rules of their own."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from hub.errors import InvalidInputs
from hub.governance import packs
from hub.governance.policy import CheckRule, Pack, Policy, build_policy
from hub.governance.rules import Data, RuleId


class Additions(Data):
    """Shipped packs by name, and checks with rules written for this organisation or team.

    ``packs`` None in an organisation's is the packs that are on by default; a team's come on top of its organisation's.
    """

    packs: tuple[RuleId, ...] | None = None
    checks: tuple[CheckRule, ...] = ()

    def unknown(self) -> list[str]:
        """Packs that are named and do not exist."""
        return [name for name in self.packs or () if name not in packs.names()]


NONE = Additions()


def policy_of(organisation: Additions, team: str = "", added: Additions = NONE) -> Policy:
    """The policy in force: the organisation's, and on top of it what a team adds. A team tightens and never loosens.

    Raises:
        InvalidInputs: the parts contradict each other, a pack does not exist, or the team allows what the organisation
            does not.
    """
    for fault in loosened(added):
        raise InvalidInputs("The team's policy would allow what the organisation's does not.", fields={team: fault})
    return build_policy(_packs(organisation, team, added))


@lru_cache(maxsize=256)
def policy_in(organisation: str, team: str, added: str) -> Policy:
    """``policy_of`` from JSON as it is stored; the last ones built are kept."""
    return policy_of(Additions.model_validate_json(organisation), team, Additions.model_validate_json(added))


def default_policy() -> Policy:
    """The policy of an organisation that chose nothing."""
    return policy_in("{}", "", "{}")


def loosened(added: Additions) -> Iterator[str]:
    """What in a team's additions would take away from the organisation's rules, in words."""
    for check in added.checks:
        if check.on_failure == "flag":
            yield (
                f"{check.name}.on_failure: whether a failed check lets pass is the organisation's to say; "
                "write it under 'policy' at the top of hub.yaml, or say hold or deny here"
            )
        if check.name == "personal_data" and check.rules.get("allow"):
            yield (
                "personal_data.allow: what counts as no personal data is the organisation's to say; "
                "write it under 'policy' at the top of hub.yaml"
            )


def _packs(organisation: Additions, team: str, added: Additions) -> Iterator[Pack]:
    chosen = packs.default() if organisation.packs is None else organisation.packs
    for name in dict.fromkeys((*chosen, *(added.packs or ()))):
        try:
            yield packs.shipped(name)
        except KeyError:
            raise InvalidInputs(
                "The policy names a rule-pack that does not exist.", fields={name: "no such pack"}
            ) from None
    if organisation.checks:
        yield Pack(pack="organisation", version=1, title="The organisation's own rules", checks=organisation.checks)
    if added.checks:
        yield Pack(pack=f"team-{team}", version=1, title="The team's own rules", checks=added.checks)
