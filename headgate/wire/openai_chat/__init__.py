"""OpenAI Chat Completions: requests, replies, chunks and errors."""

from headgate.core.ports import Codec
from headgate.wire.openai_chat import errors, reply, request, stream

CODEC = Codec(
    name="openai_chat",
    read_request=request.read,
    read_reply=reply.read,
    is_error=errors.is_error,
    scanner=stream.ChatScanner,
    write_error=errors.write,
    write_stream_error=errors.write_event,
    keep_alive=b": keep-alive\n\n",
    request_id_header=b"x-request-id",
)
