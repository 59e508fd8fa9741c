"""Fixtures of all tests under test/."""

import os
import shutil
import tempfile

import program
import pytest


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: takes more than ten seconds")


@pytest.fixture(scope="session")
def shared():
    """The folder with real images and feeds; tests that need it are skipped by name without."""
    if not os.path.isdir(os.path.join(program.SHARED, "images")):
        pytest.skip("LIMPID_SHARED is absent: no real images")
    return program.SHARED


@pytest.fixture(scope="session")
def scratch():
    """A folder that everybody may enter (pytest's own are for one user)."""
    folder = tempfile.mkdtemp(prefix="limpid-test-")
    os.chmod(folder, 0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def store(scratch):
    """A store with a handful of made-up advisories."""
    cache = os.path.join(scratch, "store")
    program.make_store(cache)
    return cache


@pytest.fixture
def cache(tmp_path):
    """An empty store."""
    return str(tmp_path / "cache")
