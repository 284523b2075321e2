"""The optimiser: knows torch, never bpy; arrays in, arrays out."""

from ..settings import Settings
from .features import Features
from .gradient.objective import Objective
from .stylize import Result, stylize
from .weight_sources import load_features

__all__ = ["Features", "Objective", "Result", "Settings", "load_features", "stylize"]
