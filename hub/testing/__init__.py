"""What tests of the hub and of plugins stand on: stand-ins and contracts, for us and for outsiders."""

from hub.testing.fake_model import FakeModel

__all__ = ["FakeModel"]
