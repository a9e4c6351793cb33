"""Inlay: the governed way to AI inside the tools a marketing team already uses."""

__version__ = "0.1.0"
