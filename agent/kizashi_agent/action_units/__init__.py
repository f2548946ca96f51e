"""A face in a frame to OpenFace's 17 intensities and 18 presences."""

from kizashi_agent.action_units.features import FEATURE_COUNT, features
from kizashi_agent.action_units.head import ActionUnitHead

__all__ = ["FEATURE_COUNT", "ActionUnitHead", "features"]
