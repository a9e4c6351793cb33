"""Governance: the policy of a team as data, the checks it names, and the runner that fails closed."""
