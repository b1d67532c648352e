"""A method for each operation, made of the table of operations.

What they look like to editors and type checkers says ``methods.pyi``; a test holds the two equal.
"""

from __future__ import annotations

import inspect
from typing import Any, Dict, List

from .operations import OPERATIONS, Operation

OPTIONS = ("timeout", "give_up", "account", "explain")


class SyncMethods:
    """Methods that wait for the answer."""

    def _invoke(self, request: Any, options: Dict[str, Any]) -> Any:
        raise NotImplementedError


class AsyncMethods:
    """Methods that are awaited."""

    async def _invoke(self, request: Any, options: Dict[str, Any]) -> Any:
        raise NotImplementedError


def _split(operation: Operation, given: Dict[str, Any]) -> Any:
    """The request of a method's arguments, and the options among them."""
    options = {name: given.pop(name) for name in OPTIONS if name in given}
    return operation.request(**given), options


def _sync_method(operation: Operation) -> Any:
    def method(self: SyncMethods, **given: Any) -> Any:
        request, options = _split(operation, given)
        return self._invoke(request, options)

    return method


def _async_method(operation: Operation) -> Any:
    async def method(self: AsyncMethods, **given: Any) -> Any:
        request, options = _split(operation, given)
        return await self._invoke(request, options)

    return method


def _describe(cls: type, method: Any, operation: Operation) -> None:
    """Gives a method what ``help`` shows."""
    method.__name__ = operation.method
    method.__qualname__ = f"{cls.__name__}.{operation.method}"
    method.__doc__ = f"{operation.name}: {operation.summary}"
    parameters: List[inspect.Parameter] = [
        inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)]
    for name in [row.name for row in operation.request.TABLE.fields] + list(OPTIONS):
        parameters.append(
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None))
    method.__signature__ = inspect.Signature(
        parameters, return_annotation=operation.response)


for _operation in OPERATIONS:
    if not _operation.streaming:
        for _cls, _make in ((SyncMethods, _sync_method), (AsyncMethods, _async_method)):
            _method = _make(_operation)
            _describe(_cls, _method, _operation)
            setattr(_cls, _operation.method, _method)
