"""The page of a batch in a browser, and the actions that look at one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.gltf.models import encoded
from texture_stylizer.batch.report.page import write_report
from texture_stylizer.batch.report.report_pictures import write_thumbnail
from texture_stylizer.batch.state.assets import Asset
from texture_stylizer.batch.state.batch_plan import read_plan
from texture_stylizer.batch.state.layout import Layout
from texture_stylizer.batch.state.ledger import Attempt, Ledger, Record
from texture_stylizer.cli import main

from .conftest import Studio

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
COUNT = 1000


def test_actions_look_at_a_batch(studio: Studio) -> None:
    studio.add("a.glb", 1)
    studio.add("b.glb", 2)
    (studio.models / "broken.glb").write_bytes(b"nothing")
    assert studio.batch().returncode == 1
    found = json.loads(studio.ask("batch", "status", "out", "--json").stdout)
    assert found["states"] == {"done": 2, "failed": 1}
    (failed,) = (row for row in found["assets"] if row["state"] == "failed")
    assert "it is no glTF 2.0 file" in failed["reason"]
    assert studio.ask("batch", "verify", "out").stdout == "2 of 2 files are as they were made\n"
    page = studio.ask("batch", "report", "out")
    assert page.stdout.strip().endswith("report.html")
    assert len(list(studio.out.glob("report_pictures/*/*_after.jpg"))) == 2

    data = (studio.out / "a.glb").read_bytes()
    (studio.out / "a.glb").write_bytes(data[:-1] + b"\1")
    wrong = studio.ask("batch", "verify", "out")
    assert wrong.returncode == 1
    assert wrong.stderr.startswith("error: a.glb was changed; move it away")
    (studio.out / "a.glb").write_bytes(data)

    studio.add("broken.glb", 3)
    again = studio.run("batch", "retry", "out", "--failed")
    assert again.returncode == 0, again.stderr
    assert "3 of 3 assets are done (2 were before), 0 failed" in again.stdout
    assert studio.ask("batch", "status", "out").returncode == 0


@pytest.fixture(scope="module")
def thousand(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A batch's folder with a ledger of 1,000 assets and their pictures, and its page."""
    studio = Studio(tmp_path_factory.mktemp("thousand"))
    picture = studio.add("0000.png").read_bytes()
    for number in range(1, COUNT):
        (studio.models / f"{number:04}.png").write_bytes(picture)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(studio.folder)
        assert main(["batch", "plan", "models", "--style", "style.png", "-o", "out"]) == 0
    plan = read_plan(studio.out)
    layout = Layout(studio.out)
    for number, asset in enumerate(plan.assets):
        Ledger(layout).write(record_of(asset, number))
    first = plan.assets[0]
    for which, seed in (("before", 1), ("after", 2)):
        (studio.folder / "big.png").write_bytes(encoded(seed, size=(192, 192)))
        write_thumbnail(studio.folder / "big.png", layout.picture(first.id, which))
        for asset in plan.assets[1:]:
            target = layout.picture(asset.id, which)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(layout.picture(first.id, which), target)
    return write_report(plan)


def record_of(asset: Asset, number: int) -> Record:
    is_bad = number % 100 == 0
    attempt = Attempt(
        "host", "worker", 0.0, float(number), {}, *(("bad_input", "<b>broken</b>") if is_bad else ())
    )
    return Record(asset.id, asset.source, asset.place, "", "failed" if is_bad else "done", (attempt,))


@pytest.fixture(scope="module")
def browser() -> Any:
    playwright = pytest.importorskip("playwright.sync_api")
    if BROWSER is None:
        pytest.skip("there is no Chromium on this machine")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield browser
        browser.close()


def test_a_thousand_assets_open_without_a_server(thousand: Path, browser: Any) -> None:
    page = browser.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(thousand.as_uri())
    assert page.locator("article").count() == COUNT
    assert errors == []
    page.close()


def test_the_page_filters_sorts_and_compares(thousand: Path, browser: Any) -> None:
    page = browser.new_page()
    page.goto(thousand.as_uri())
    page.locator("button[data-state=failed]").click()
    assert page.locator("article").count() == 10
    assert page.locator("article .reason").first.inner_text() == "<b>broken</b>"
    page.locator("button[data-state=failed]").click()
    page.locator("#name").fill("0123")
    assert page.locator("article h2").all_inner_texts() == ["0123.png"]
    page.locator("#name").fill("")
    page.locator("#sort").select_option("seconds")
    assert page.locator("article h2").first.inner_text() == "0999.png"
    slider = page.locator("article input[type=range]").first
    slider.fill("80")
    assert page.locator(".compare").first.evaluate("box => box.style.getPropertyValue('--cut')") == "80%"
    assert page.locator(".compare img").first.evaluate("image => image.naturalWidth") > 0
    page.close()
