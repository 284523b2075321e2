"""End without the interpreter's exit code once bpy was loaded: as a module it can crash there."""

from __future__ import annotations

import os
import sys

import pytest


def pytest_unconfigure(config: pytest.Config) -> None:
    if "bpy" in sys.modules:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(int(getattr(config, "exit_status", 1)))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    session.config.exit_status = exitstatus
