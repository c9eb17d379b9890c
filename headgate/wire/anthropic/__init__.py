"""Anthropic Messages: requests, replies, events and errors; and the counting of tokens."""

from headgate.core.ports import Codec
from headgate.wire.anthropic import errors, reply, request, stream

CODEC = Codec(
    name="anthropic_messages",
    read_request=request.read,
    read_reply=reply.read,
    is_error=errors.is_error,
    scanner=stream.MessageScanner,
    write_error=errors.write,
    write_stream_error=errors.write_event,
    keep_alive=b'event: ping\ndata: {"type":"ping"}\n\n',
    request_id_header=b"request-id",
)

COUNT_TOKENS = Codec(
    name="anthropic_count_tokens",
    read_request=request.read_count,
    read_reply=reply.read_count,
    is_error=errors.is_error,
    scanner=None,
    write_error=errors.write,
    write_stream_error=errors.write_event,
    keep_alive=b"",
    request_id_header=b"request-id",
)
