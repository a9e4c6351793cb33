"""Accounts: how people prove who they are, and what they may do after that."""
