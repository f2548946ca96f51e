"""Requests that are no message get the answer of a malformed one.

gRPC itself would answer them INTERNAL, as if the server were at fault, and log a traceback each.
"""

from collections.abc import Callable
from typing import Any, NoReturn

import grpc
from google.protobuf.message import DecodeError

_UNPARSABLE = object()

Refuse = Callable[[grpc.ServicerContext], NoReturn]
"""Ends a call whose request does not parse."""


class UnparsableRequests(grpc.ServerInterceptor):
    """Has calls of one request and one answer refused when the request does not parse."""

    def __init__(self, refuse: Refuse) -> None:
        """Ends such calls with `refuse`."""
        self._refuse = refuse

    def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Any],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        """See `grpc.ServerInterceptor`."""
        handler = continuation(handler_call_details)
        if handler is None or handler.unary_unary is None:
            return handler
        parse, answer = handler.request_deserializer, handler.unary_unary

        def read(data: bytes) -> object:
            try:
                return parse(data)
            except DecodeError:
                return _UNPARSABLE

        def answered(request: object, context: grpc.ServicerContext) -> object:
            if request is _UNPARSABLE:
                self._refuse(context)
            return answer(request, context)

        return grpc.unary_unary_rpc_method_handler(answered, read, handler.response_serializer)
