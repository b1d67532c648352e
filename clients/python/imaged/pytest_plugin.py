"""A world of its own for every test: the fixture ``imaged``.

pytest finds the plugin when the package is installed; else ``-p imaged.pytest_plugin`` names it.
"""

from __future__ import annotations

from typing import Any, Generator, Iterator

import pytest

from .daemon import Daemon, start
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
    with start(binary=request.config.getoption("--imaged")) as daemon:
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


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: Any) -> Generator[None, Any, None]:
    """Shows the calls of a failed test."""
    outcome = yield
    report = outcome.get_result()
    world = item.stash.get(_WORLD, None)
    if report.failed and world is not None:
        calls = "\n".join(str(each) for each in world.calls())
        report.sections.append(("calls of imaged", calls or "none"))
