"""The prompt templates that ship with Inlay, as package data."""
