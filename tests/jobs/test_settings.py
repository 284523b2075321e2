"""Numbers that mean nothing are refused, by name, before anything is done with them."""

from __future__ import annotations

import dataclasses
import math

import pytest

from texture_stylizer.descriptions import BakeOptions, StyleImage
from texture_stylizer.errors import BadInput
from texture_stylizer.settings import Settings

NUMBERS = [
    field.name
    for field in dataclasses.fields(Settings)
    if isinstance(field.default, (int, float)) and not isinstance(field.default, bool)
]


@pytest.mark.parametrize("name", [*NUMBERS, "style_width", "max_size", "tile"])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, "3", True, 2**2000])
def test_what_is_no_finite_number_is_named(name: str, value: object) -> None:
    if name == "iterations" and value == 2**2000:
        pytest.skip("so many would be taken")
    with pytest.raises(BadInput, match=name.replace("_", " ")):
        Settings(**{name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tile", 17),
        ("tile", 8),
        ("tile", 32.5),
        ("seed", 2**70),
        ("iterations", 2.5),
        ("scales", 0),
        ("scales", 99),
    ],
)
def test_what_cannot_be_is_refused(name: str, value: float) -> None:
    with pytest.raises(BadInput, match=name):
        Settings(**{name: value})


@pytest.mark.parametrize("value", [math.nan, math.inf, 0.0, -1.0])
def test_weights_and_densities(value: float) -> None:
    with pytest.raises(BadInput):
        StyleImage("a.png", value)
    with pytest.raises(BadInput):
        BakeOptions(density=value)
