"""Every kind of result, judged by the Khronos validator: nothing is wrong with it that was not before."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.gltf.models import encoded, glb_bytes
from tests.gltf.test_geometry import Square
from tests.gltf.test_kept_whole import restyled

SCRIPT = """
const validator = require('gltf-validator'), fs = require('fs');
validator.validateBytes(new Uint8Array(fs.readFileSync(process.argv[1])))
  .then(report => console.log(JSON.stringify(report.issues.messages)));
"""

Change = Callable[[dict[str, Any]], Any]


@pytest.fixture(scope="session")
def validate(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Counter[tuple[str, str]]]:
    """Errors and warnings of a file, by code and place."""
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("node and npm are not installed, which run the Khronos validator")
    folder = tmp_path_factory.mktemp("validator")
    command = [
        str(shutil.which("npm")),
        "install",
        "--no-audit",
        "--no-fund",
        "gltf-validator@2.0.0-dev.3.10",
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=120)
    if done.returncode:
        pytest.skip("npm cannot fetch gltf-validator here")

    def issues(path: Path) -> Counter[tuple[str, str]]:
        command = [str(shutil.which("node")), "-e", SCRIPT, str(path)]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True, timeout=60)
        found = json.loads(done.stdout)
        return Counter((issue["code"], issue["pointer"]) for issue in found if issue["severity"] < 2)

    return issues


def _twin_images(document: dict[str, Any]) -> None:
    document["images"].append(dict(document["images"][0], name="twin"))
    document["textures"].append({"source": 2})
    document["materials"].append({"pbrMetallicRoughness": {"baseColorTexture": {"index": 2}}})


CHANGES: dict[str, Change] = {
    "plain": lambda d: None,
    "two images on a view": _twin_images,
    "colour and data": lambda d: d["materials"][0].update(occlusionTexture={"index": 0}),
    "alpha": lambda d: d["materials"][0].update(alphaMode="BLEND"),
    "wrong length": lambda d: d["buffers"][0].update(byteLength=d["buffers"][0]["byteLength"] - 200),
    "thumbnail": lambda d: d.update(extensions={"VRMC_vrm": {"meta": {"thumbnailImage": 0}}}),
}


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_results_are_as_valid_as_their_models(validate, tmp_path: Path, name: str, kind: str) -> None:
    model = Square()
    CHANGES[name](model.document)
    (tmp_path / "before.glb").write_bytes(glb_bytes(model.document, model.binary))
    new = encoded(3, kind, size=(70, 30))
    (tmp_path / "after.glb").write_bytes(restyled(model.document, model.binary, new=new))
    assert validate(tmp_path / "after.glb") - validate(tmp_path / "before.glb") == Counter()
