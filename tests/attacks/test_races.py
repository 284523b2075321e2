"""Two runs at once: whoever is first has made whole files, and the other leaves them alone."""

from __future__ import annotations

import hashlib
import json

from .conftest import QUICK, Place, save_noise


def test_two_runs_into_one_file(model_place: Place) -> None:
    save_noise(model_place.folder / "other.png", 9)
    # Another style, or both would make the same bytes.
    styles = ([], ["--style", "other.png", "--variant", "style"])
    started = [
        model_place.start(
            "stylize", "cube.gltf", "-o", "out/cube.gltf", *QUICK, *more, "--report", f"{number}.json"
        )
        for number, more in enumerate(styles)
    ]
    statuses = []
    for process in started:
        with process:
            assert "Traceback" not in process.communicate(timeout=120)[1]
        statuses.append(process.returncode)
    assert 0 in statuses
    assert set(statuses) <= {0, 1}
    files = model_place.files()
    document = json.loads(files["out/cube.gltf"])
    uris = [item["uri"] for item in (*document["buffers"], *document["images"])]
    assert {f"out/{uri}" for uri in uris} | {"out/cube.gltf"} == {f for f in files if f.startswith("out/")}
    assert files["out/cube.bin"] == files["cube.bin"]
    assert list(model_place.temporary.iterdir()) == []
    sums = {hashlib.sha256(files[f"out/{uri}"]).hexdigest() for uri in uris}
    winners = [number for number, status in enumerate(statuses) if status == 0]
    said = {json.loads(files[f"{n}.json"])["textures"][0]["output_sha256"] for n in winners}
    assert len(said) == 1
    assert said <= sums
