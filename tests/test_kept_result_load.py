"""A kept result under load: several tabs, several processes, answers that overtake each other."""

from __future__ import annotations

import pytest

from benchmarks.kept_results import STORES, hurry, store_served

POSTS = 240


@pytest.mark.parametrize("store", STORES)
def test_overlapping_posts_and_reads_show_each_result_where_it_belongs(store, request):
    if store == "redis":
        request.getfixturevalue("redis_program")  # skipped, and said so, where there is none

    with store_served(store, workers=2) as server:
        count = hurry(server, POSTS, browsers=2)

    assert count["posts"] == POSTS
    assert count["shown"] + count["lost"] == POSTS
    assert count["wrong"] == count["failed"] == 0
    if not store.startswith("session"):  # whose last writer wins
        assert count["lost"] == count["twice"] == 0
