"""Laws that do not hold yet, each as a test that fails today and must pass one day: when it does, it is replaced by the law's own file."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import random
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from headgate.config.schema import ModelSettings, Settings
from headgate.core.access import Role
from headgate.core.ports import Catalog
from headgate.pipeline import relay
from tests.support.client import ask
from tests.support.dialects import ANTHROPIC, OPENAI
from tests.support.inside import KEY, inside

ROOT = Path(__file__).parent.parent.parent

# law → what it says, and the module with the function that brings it (the design names them)
BROUGHT_BY = {
    "M2": ("no interleaving overspends a budget", "headgate.pipeline.budget", "hold"),
    "M3": ("a hold has an owner, an expiry and an end", "headgate.pipeline.budget", "hold"),
    "M4": ("an exhausted scope refuses before any upstream connection, on every route", "headgate.pipeline.budget", "reserve"),
    "M5": ("a model without a price is refused where a budget applies", "headgate.pipeline.budget", "reserve"),
    "M8": ("a running stream ends when its money ends", "headgate.pipeline.meter", "metered"),
    "M9": ("a refusal names scope, limit, used, held, needed and when to come back", "headgate.pipeline.limits", "admit"),
    "M10": ("a limit L admits exactly L", "headgate.pipeline.limits", "admit"),
    "S5": ("fuzzed streams pass an independent judge, per pair of formats", "headgate.wire.openai_responses", "CODEC"),
    "R1 storms": ("a process-wide share caps retries", "headgate.upstream.health", "step"),
    "C1": ("a hit implies the same tenant and meaning", "headgate.pipeline.cache", "find"),
    "C2": ("a replay equals the original", "headgate.pipeline.cache", "replay"),
    "G1": ("guardrails see every route, both ways", "headgate.pipeline.guard", "screen_request"),
    "G2": ("redaction is reversible and private", "headgate.pipeline.guard", "screen_reply"),
    "X7": ("the audit log is a chain that can be verified", "headgate.control.audit", "verify"),
    "O2": ("counters may be away without a request failing for it", "headgate.stores.redis", "build"),
    "O6": ("telemetry cannot hurt", "headgate.sinks.otel", "build"),
}


@pytest.mark.parametrize("law", BROUGHT_BY)
@pytest.mark.xfail(strict=True, reason="a later part brings it", raises=AssertionError)
def test_what_brings_the_law_is_there(law: str) -> None:
    sentence, module, name = BROUGHT_BY[law]
    assert is_there(module), f"{law}: {sentence}: there is no {module}"
    assert hasattr(importlib.import_module(module), name), f"{law}: {sentence}: {module} has no {name}"


def is_there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


@pytest.mark.xfail(strict=True, reason="S2, S3, S4, R3: there is no translated path yet", raises=AssertionError)
async def test_s2_s3_s4_r3_a_model_is_served_on_the_other_dialects_surface() -> None:
    async with inside() as running:
        answer = await ask(running.url, ANTHROPIC.path, ANTHROPIC.body(False) | {"model": "gpt"}, key=KEY)
    assert answer.status == 200 and answer.json["type"] == "message"


@pytest.mark.xfail(strict=True, reason="S9: nothing is sent before the provider's head has come", raises=AssertionError)
async def test_s9_silence_is_bridged_before_the_providers_first_byte_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "KEEP_ALIVE_S", 0.05)
    async with inside() as running:
        answer = await ask(running.url, OPENAI.path, OPENAI.body(True), key=KEY, headers={"x-sim": "latency_ms=200"})
    assert b": keep-alive" in answer.body


@pytest.mark.xfail(strict=True, reason="R5: there is no affinity yet", raises=AssertionError)
async def test_r5_a_conversation_stays_with_its_deployment() -> None:
    async with inside() as running:
        running.gateway.dice = random.Random(1).random
        model = running.gateway.catalog.models["gpt"]
        five = tuple(replace(model.deployments[0], name=f"sim-openai/{number}", model=f"gpt-{number}") for number in range(5))
        running.gateway.catalog = Catalog({"gpt": replace(model, deployments=five)})
        turns = [{"role": "user", "content": "hello"}]
        for _ in range(20):
            await ask(running.url, OPENAI.path, {"model": "gpt", "messages": turns}, key=KEY, headers={"x-headgate-session": "s1"})
            turns += [{"role": "assistant", "content": "yes"}, {"role": "user", "content": "and?"}]
        used = [row.model for row in running.rows]
    assert max(used.count(name) for name in set(used)) >= 19


@pytest.mark.xfail(strict=True, reason="R6: fallbacks know no price cap yet", raises=AssertionError)
def test_r6_a_fallback_has_a_price_cap() -> None:
    assert any("price" in name for name in ModelSettings.model_fields)


@pytest.mark.xfail(strict=True, reason="C3: there is no semantic cache yet", raises=AssertionError)
def test_c3_the_cache_can_be_configured() -> None:
    assert "cache" in Settings.model_fields


@pytest.mark.xfail(strict=True, reason="C4: identical requests are not joined yet", raises=AssertionError)
async def test_c4_identical_requests_at_once_make_one_call() -> None:
    async with inside() as running:
        sim = {"x-sim": "latency_ms=50"}
        await asyncio.gather(*(ask(running.url, OPENAI.path, OPENAI.body(False), key=KEY, headers=sim) for _ in range(5)))
        assert running.simulator.seen.total == 1


@pytest.mark.xfail(strict=True, reason="G3: there are no guardrails yet", raises=AssertionError)
def test_g3_a_guardrail_has_a_policy_for_its_outage() -> None:
    assert "guardrails" in Settings.model_fields


@pytest.mark.xfail(strict=True, reason="X2: there are two roles and no owners yet", raises=AssertionError)
def test_x2_there_are_roles_to_make_a_matrix_of() -> None:
    assert len(get_args(Role)) > 2


@pytest.mark.xfail(strict=True, reason="O3, O4: load and soak are not run as laws yet", raises=AssertionError)
@pytest.mark.parametrize("name", ["lag", "soak"])
def test_o3_o4_long_runs_have_their_harness(name: str) -> None:
    assert (ROOT / "tests" / "laws" / f"{name}.py").exists()


@pytest.mark.xfail(strict=True, reason="O7: there is one version of the schema, so nothing to be upgraded from", raises=AssertionError)
def test_o7_there_are_two_versions_of_the_schema() -> None:
    assert len(list((ROOT / "headgate" / "stores" / "migrations" / "versions").glob("v*.py"))) >= 2
