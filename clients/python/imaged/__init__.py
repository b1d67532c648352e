"""A client of imaged, the local Alibaba Cloud ECS image service.

::

    import imaged

    with imaged.connect() as client:
        made = client.create_image(region_id="cn-hangzhou", instance_id="i-...", timeout=5)
        print(made.image_id)

``imaged.aio`` is the same for asyncio, ``imaged.start`` a daemon for tests, and ``imaged.messages``
has all messages.
"""

from typing import TYPE_CHECKING, Any

from . import messages
from .calls import UNSET
from .client import Call, Client, Watch, connect
from .codec import CodecError, Message
from .codes import error_codes
from .daemon import Daemon, start
from .errors import (
    ConnectionLost, DaemonFailed, DeadlineExceeded, ECSError, EventsLost, ImagedError, NoAnswer,
    NoDaemon, NotSent, OutcomeUnknown, StatusCode, StatusError)
from .history import History
from .operations import OPERATIONS, Operation
from .world import World

if TYPE_CHECKING:
    from . import aio

__version__ = "0.1.0"

__all__ = [
    "Call", "Client", "CodecError", "ConnectionLost", "Daemon", "DaemonFailed", "DeadlineExceeded",
    "ECSError", "EventsLost", "History", "ImagedError", "Message", "NoAnswer", "NoDaemon",
    "NotSent", "OPERATIONS", "Operation", "OutcomeUnknown", "StatusCode", "StatusError", "UNSET",
    "Watch", "World", "aio", "connect", "error_codes", "messages", "start",
]


def __getattr__(name: str) -> Any:
    # asyncio takes longer to import than all of this package: it is for those who use it.
    if name == "aio":
        import importlib

        return importlib.import_module("imaged.aio")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
