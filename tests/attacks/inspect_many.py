"""Inspects damaged copies of a .blend, one after the other.

python -m tests.attacks.inspect_many WHOLE FIRST COUNT

Prints each seed before it is tried; where Blender crashes on one, that seed is the last line.
"""

from __future__ import annotations

import sys
from pathlib import Path

from texture_stylizer.commands.blender_process.scene_tasks import inspect_scene
from texture_stylizer.errors import StylizerError

from .test_mutations import mutated


def main(whole: Path, first: int, count: int) -> None:
    data = whole.read_bytes()
    damaged = whole.with_name("damaged.blend")
    for seed in range(first, first + count):
        print(seed, file=sys.stderr, flush=True)
        damaged.write_bytes(mutated(data, seed))
        try:
            inspect_scene(damaged)
        except StylizerError as refused:
            assert str(damaged) in str(refused), f"{seed}: {refused}"
    damaged.unlink()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
