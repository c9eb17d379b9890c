"""One gateway and its simulated providers for each test process, and the vendors' clients to call it with."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import anthropic
import openai
import pytest
import pytest_asyncio

from tests.support.outside import simulating
from tests.support.sdks import CONFIG, PERSISTENT, Station, Traffic, station


@pytest.fixture(scope="session", autouse=True)
def _bare_environment() -> Iterator[None]:  # pyright: ignore[reportUnusedFunction]
    """Clients read addresses, keys and proxies from the environment; none of that is meant here."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
            patch.delenv(name, raising=False)
        for name in ("OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_CUSTOM_HEADERS", "OPENAI_CUSTOM_HEADERS"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(scope="session")
def simulator_url() -> Iterator[str]:
    with simulating() as url:
        yield url


@pytest.fixture(scope="session")
def gateway(tmp_path_factory: pytest.TempPathFactory, simulator_url: str) -> Iterator[Station]:
    """It tries each request once, so that each fault is seen as it is."""
    with station(tmp_path_factory.mktemp("gateway"), simulator_url, CONFIG) as running:
        yield running


@pytest.fixture(scope="session")
def persistent(tmp_path_factory: pytest.TempPathFactory, simulator_url: str) -> Iterator[Station]:
    """A gateway that tries three times."""
    with station(tmp_path_factory.mktemp("persistent"), simulator_url, PERSISTENT) as running:
        yield running


@pytest.fixture
def traffic(gateway: Station) -> Iterator[Traffic]:
    seen = Traffic(gateway)
    yield seen
    seen.close()


@pytest.fixture(scope="session")
def gpt(gateway: Station) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(api_key=gateway.key, base_url=f"{gateway.url}/v1", max_retries=0) as client:
        yield client


@pytest_asyncio.fixture
async def async_gpt(gateway: Station) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(api_key=gateway.key, base_url=f"{gateway.url}/v1", max_retries=0) as client:
        yield client


@pytest.fixture(scope="session")
def claude(gateway: Station) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(api_key=gateway.key, base_url=gateway.url, max_retries=0) as client:
        yield client


@pytest_asyncio.fixture
async def async_claude(gateway: Station) -> AsyncIterator[anthropic.AsyncAnthropic]:
    async with anthropic.AsyncAnthropic(api_key=gateway.key, base_url=gateway.url, max_retries=0) as client:
        yield client
