"""Storms: many runs, several workers, and everything that can die does."""
