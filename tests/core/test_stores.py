"""The shapes that stores fill."""

from __future__ import annotations

from headgate.core.access import Key
from headgate.core.errors import ConfigError
from headgate.core.stores import KeyRow, SchemaTooNew, StoreUnavailable


def test_what_operators_see_of_a_key_has_no_digest_in_it() -> None:
    assert {"digest", "previous_digest"} <= set(Key.__struct_fields__)
    assert not {"digest", "previous_digest"} & set(KeyRow.__struct_fields__)


def test_a_store_that_is_away_is_worth_another_try() -> None:
    failure = StoreUnavailable("The store is locked.")
    assert (failure.kind, failure.code, failure.retryable) == ("unavailable", "store_unavailable", True)


def test_a_store_from_the_future_is_a_start_error() -> None:
    assert issubclass(SchemaTooNew, ConfigError)
