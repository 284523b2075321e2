"""A device of its own that computes on the processor: tensors on it and tensors on the CPU do not mix.

`python -m tests.engine.second_memory` restyles small textures with the network there and the pictures on the
CPU, as large ones are on a GPU with little memory, and prints for each whether the CPU alone makes the same.
"""

from __future__ import annotations

import dataclasses
import importlib
import json
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils import _pytree as pytree
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

from tests.engine.conftest import random_weights
from texture_stylizer.engine import Features, Settings, stylize
from texture_stylizer.engine.surface.coverage import Surface

NAME = "second"
_ACROSS = (torch.ops.aten.copy_.default, torch.ops.aten._to_copy.default)


class _Second(Tensor):
    """A tensor of the device; `inner`, on the CPU, is its memory."""

    inner: Tensor

    @staticmethod
    def __new__(cls, inner: Tensor) -> _Second:
        made = Tensor._make_wrapper_subclass(
            cls, inner.shape, strides=inner.stride(), storage_offset=inner.storage_offset(),
            dtype=inner.dtype, device=torch.device(NAME, 0),
        )  # fmt: skip
        made.inner = inner
        return made

    @classmethod
    def __torch_dispatch__(cls, function: Any, types: Any, arguments: Any = (), options: Any = None) -> Any:
        return _run(function, arguments, options or {})


class _Machine(TorchDispatchMode):
    """Within this block tensors can be made on the device."""

    def __torch_dispatch__(self, function: Any, types: Any, arguments: Any = (), options: Any = None) -> Any:
        return _run(function, arguments, options or {})


def _run(function: Any, arguments: Any, options: dict[str, Any]) -> Any:
    """An operation, computed on the CPU; its results are on the device where what goes in is."""
    given = [value for value in pytree.tree_leaves((arguments, options)) if isinstance(value, Tensor)]
    there = [value for value in given if isinstance(value, _Second)]
    # As on a GPU, a number of the CPU's may take part.
    here = [tuple(value.shape) for value in given if not isinstance(value, _Second) and value.ndim]
    if there and here and function not in _ACROSS:
        raise RuntimeError(f"{function} of tensors on the device and of {here} on the CPU")
    on_device = bool(there)
    if function is torch.ops.aten.copy_.default:
        on_device = isinstance(arguments[0], _Second)
    elif options.get("device") is not None:
        on_device = torch.device(options["device"]).type == NAME
        options = options | {"device": torch.device("cpu")}
    found = function(*pytree.tree_map(_inner, arguments), **pytree.tree_map(_inner, options))
    own = {id(value.inner): value for value in there}

    def outer(value: Any) -> Any:
        if not isinstance(value, Tensor) or not on_device:
            return value
        # What was changed in place stays the tensor that it was.
        return own[id(value)] if id(value) in own else _Second(value)

    return pytree.tree_map(outer, found)


def _inner(value: Any) -> Any:
    return value.inner if isinstance(value, _Second) else value


def _mesh() -> Surface:
    """Two quads, joined along an edge that is a seam, of which one shows the style at half the size."""
    corners = np.array([[0.05, 0.05], [0.45, 0.05], [0.45, 0.95], [0.05, 0.95]])
    small = corners * 0.5 + [0.5, 0.25]
    uvs = np.array([quad[list(three)] for quad in (corners, small) for three in ((0, 1, 2), (0, 2, 3))])
    vertices = np.array([[0, 1, 2], [0, 2, 3], [1, 4, 5], [1, 5, 2]])
    return Surface.of(uvs, np.ones(4), vertices)


def _picture(seed: int, height: int = 150, width: int = 130) -> np.ndarray:
    return np.random.default_rng(seed).random((height, width, 3), dtype=np.float32)


def _cases() -> dict[str, dict[str, Any]]:
    settings = Settings(iterations=3, scales=2, wrap="none")
    tiled = dataclasses.replace(settings, tile=64)
    return {
        "bordered": {"settings": settings},
        "wrapped, by tiles": {"settings": dataclasses.replace(tiled, wrap="both")},
        "masked": {"settings": tiled, "mask": (_picture(3)[..., 0] > 0.3).astype(np.float32)},
        "on a mesh": {"settings": tiled, "seams": _mesh()},
        "large": {"settings": tiled, "large": True},
        "large, Adam": {"settings": tiled, "large": True, "adam": True},
    }


def main() -> None:
    # The package's own `stylize` is the function.
    engine = {
        name: importlib.import_module(f"texture_stylizer.engine.{name}")
        for name in ("stylize", "coarse_to_fine", "optimisation.level", "hardware.offload")
    }
    bordered, history = engine["coarse_to_fine"].LARGEST_BORDERED, engine["optimisation.level"].HISTORY_BYTES
    _setup_privateuseone_for_python_backend(NAME)
    # With mean pooling the processor would go over the network in a way of its own, and add up otherwise.
    here = Features(random_weights(), name="random", pooling="max")
    with _Machine():
        second = torch.device(NAME, 0)
        weights = {key: value.to(second) for key, value in random_weights().items()}
        there = Features(weights, name="random", pooling="max")
        engine["hardware.offload"].where_fits = lambda needed, device: torch.device("cpu")
        engine["coarse_to_fine"].free_memory = engine["optimisation.level"].free_memory = lambda device: 2**32
        for name, case in _cases().items():
            engine["coarse_to_fine"].LARGEST_BORDERED = 0 if case.pop("large", False) else bordered
            engine["optimisation.level"].HISTORY_BYTES = 0 if case.pop("adam", False) else history
            styles, settings = [(_picture(1) ** 3, 1.0)], case.pop("settings")
            made = [
                stylize(_picture(0), styles, settings, features=features, **case).image
                for features in (here, there)
            ]
            print(json.dumps({"case": name, "same": bool(np.array_equal(*made))}), flush=True)


if __name__ == "__main__":
    main()
