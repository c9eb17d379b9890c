from __future__ import annotations

from headgate.simulator.directive import HEALTHY
from headgate.simulator.openai import OPENAI
from headgate.simulator.reply import Reply


def test_a_reply_is_healthy_whole_and_repeatable_unless_said_otherwise() -> None:
    reply = Reply(OPENAI, body=b"{}")
    assert (reply.status, reply.directive, reply.events, reply.repeatable, reply.content_type) == (
        200,
        HEALTHY,
        None,
        True,
        "application/json",
    )
