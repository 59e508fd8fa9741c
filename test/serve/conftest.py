import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import certs
import service


@pytest.fixture
def serve(tmp_path):
    """Starts services; each is stopped at the end of its test, and must have ended by itself."""
    started = []

    def start(config="", **more):
        started.append(service.Service(tmp_path, config, number=len(started), **more))
        return started[-1]

    yield start
    for one in started:
        one.end()


@pytest.fixture
def hook():
    receiver = service.Hook()
    yield receiver
    receiver.close()


@pytest.fixture(scope="session")
def tls(tmp_path_factory):
    return certs.Certificates(str(tmp_path_factory.mktemp("certs")))
