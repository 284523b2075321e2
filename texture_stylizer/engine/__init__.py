"""The optimiser: knows torch, never bpy; arrays in, arrays out."""

from ..settings import Settings
from .features.vgg import Features
from .features.weights import load_features
from .gradient.objective import Objective
from .stylize import Result, stylize

__all__ = ["Features", "Objective", "Result", "Settings", "load_features", "stylize"]
