"""The tests that meet bpy, inside a real Blender: `blender -b --factory-startup -P tests/run.py`.

Blender's own Python needs pytest, hypothesis, pytest-timeout and Pillow (their folder may be named by
STYLIZER_TEST_LIBRARIES), and TEXTURE_STYLIZER_PYTHON names a Python with torch. Arguments after `--` go to
pytest. `nox -s in_blender -- BLENDER` prepares all of that.
"""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path

ROOT = Path(__file__).parent.parent


def main() -> int:
    sys.path[:0] = [str(ROOT), *filter(None, [os.environ.get("STYLIZER_TEST_LIBRARIES")])]
    import pytest

    given = sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else []
    return int(pytest.main(["-c", str(ROOT / "pyproject.toml"), *(given or ["tests/scene", "tests/ui"])]))


if __name__ == "__main__":
    os.chdir(ROOT)
    STATUS = 1
    try:
        STATUS = main()
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    # Blender's own exit does not carry the status out.
    os._exit(STATUS)
