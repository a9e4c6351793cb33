"""Salesforce: media teams ask for AI on a campaign and read the answer there."""
