from __future__ import annotations

from headgate.simulator.prefixes import MOST, Prefixes, digests


def test_a_longer_prompt_begins_with_the_digests_of_a_shorter_one() -> None:
    short, longer = digests("account", [b"a", b"b"]), digests("account", [b"a", b"b", b"c"])
    assert longer[:2] == short
    assert len(set(longer)) == 3


def test_blocks_are_not_run_together() -> None:
    assert digests("account", [b"ab", b"c"])[-1] != digests("account", [b"a", b"bc"])[-1]


def test_accounts_do_not_share() -> None:
    assert digests("one", [b"a"]) != digests("two", [b"a"])


def test_the_least_recently_used_prefix_makes_room() -> None:
    cache = Prefixes()
    for number in range(MOST):
        cache.learn(b"%d" % number)
    assert cache.known(b"0")
    cache.learn(b"one more")
    assert (cache.known(b"0"), cache.known(b"1")) == (True, False)


def test_a_cleared_cache_knows_nothing() -> None:
    cache = Prefixes()
    cache.learn(b"a")
    cache.clear()
    assert not cache.known(b"a")
