"""A world of its own for every test: the fixture ``imaged``, and ``imaged_sdk`` for code that
calls an Alibaba Cloud SDK.

pytest finds the plugin when the package is installed; else ``-p imaged.pytest_plugin`` names it.
"""

from __future__ import annotations

from typing import Any, Generator, Iterator

import pytest

from .daemon import Daemon, start
from .errors import DaemonFailed
from .sdk import MISSING, Redirection, found
from .world import World

_WORLD: "pytest.StashKey[World]" = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("imaged")
    group.addoption(
        "--imaged", metavar="PATH", default=None,
        help="the daemon's program (default: $IMAGED, the package's own, $PATH)")


@pytest.fixture(scope="session")
def imaged_daemon(request: pytest.FixtureRequest) -> Iterator[Daemon]:
    """A daemon for the session (with xdist: for each worker), ephemeral and with fixtures."""
    binary = request.config.getoption("--imaged")
    try:
        daemon = start(binary=binary, http=True)
    except DaemonFailed as error:
        if "no option --http" not in error.log:
            raise
        daemon = start(binary=binary)  # an older one
    with daemon:
        yield daemon


@pytest.fixture
def imaged(request: pytest.FixtureRequest, imaged_daemon: Daemon) -> Iterator[World]:
    """An account of the test's own, with its clock, jobs and faults (``imaged.world.World``); it
    is dropped afterwards."""
    if not imaged_daemon.is_running:
        imaged_daemon.restart()  # the test before may have killed it
    with imaged_daemon.account() as world:
        request.node.stash[_WORLD] = world
        yield world


@pytest.fixture
def imaged_sdk(imaged: World) -> Iterator[Redirection]:
    """Code under test that calls ECS with an Alibaba Cloud SDK finds it in the test's account,
    whatever endpoint and keys it names (``imaged.sdk.Redirection``)."""
    if not found():
        pytest.fail("the fixture imaged_sdk: " + MISSING, pytrace=False)
    with imaged.sdk() as redirection:
        yield redirection


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: Any) -> Generator[None, Any, None]:
    """Shows the calls of a failed test."""
    outcome = yield
    report = outcome.get_result()
    world = item.stash.get(_WORLD, None)
    if report.failed and world is not None:
        calls = "\n".join(str(each) for each in world.calls())
        report.sections.append(("calls of imaged", calls or "none"))
