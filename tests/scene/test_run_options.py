"""What a script says by keywords finds its description."""

from __future__ import annotations

from pathlib import Path

import pytest

from texture_stylizer.descriptions import Compute
from texture_stylizer.scene.run_options import Results, RunOptions, Which


def test_keywords_find_their_description() -> None:
    options = RunOptions.from_keywords(
        "oil", roles=("emission",), folder=Path("out"), seams=False, compute=None
    )
    assert options == RunOptions("oil", Which(("emission",)), Results(Path("out")), Compute(), seams=False)


def test_a_keyword_that_is_none_is_refused() -> None:
    with pytest.raises(TypeError, match="rolls"):
        RunOptions.from_keywords("oil", rolls=("emission",))
