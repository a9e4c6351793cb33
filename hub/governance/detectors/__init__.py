"""What finds: for each kind of detector a class that reads one text and says where its rule is broken."""

from __future__ import annotations

from hub.governance.detectors.kinds import Detector, Hit, detector
from hub.governance.detectors.spots import Found, Spots

__all__ = ["Detector", "Found", "Hit", "Spots", "detector"]
