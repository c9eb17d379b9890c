"""The page everything hangs on: what happens to a request, in order, with nothing registered elsewhere."""

from __future__ import annotations

from headgate.core.ports import Exchange
from headgate.core.route import Route
from headgate.pipeline import attempts, authn
from headgate.pipeline.gateway import Gateway
from headgate.pipeline.record import kept
from headgate.upstream import plan

JSON = [(b"content-type", b"application/json")]


async def handle(gateway: Gateway, route: Route, exchange: Exchange) -> None:
    """Answer one request. However it ends, one record is settled before the client can know the end."""
    with kept(gateway, exchange, route) as record:
        record.key = key = authn.identify(gateway.access, exchange, record.at_us // 1000)

        if route.answer is not None:
            body = route.answer(plan.names(gateway.catalog, key.models), exchange.parameter)
            record.settle("ok", 200, None, "none")
            exchange.reply(200, record.signed(JSON), body)
            return

        request = record.request = route.codec.read_request(await exchange.body())
        model = plan.find(gateway.catalog, request.model, key.models)
        candidates = plan.candidates(gateway.catalog, model, route.codec.name, gateway.dice)

        record.admit(candidates[0])
        await attempts.run(gateway, record, exchange, route.codec, candidates)
