"""The connectors that ship with Inlay. Each is found by its entry point, like anyone else's."""
