"""Tests that hold the shape of the project: its map, its boundaries, its documents, its package."""
