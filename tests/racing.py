"""Threads that begin at the same moment, each with a connection of its own."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connection


def all_at_once(calls: Iterable[Callable[[], Any]]) -> list[Any]:
    """What each call returned or raised; all of them start together."""
    calls = list(calls)
    barrier = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        try:
            # Connecting takes as long as the machine likes.
            connection.ensure_connection()
            barrier.wait(timeout=30)
            return call()
        except Exception as problem:  # noqa: BLE001 — the test looks at every kind
            return problem
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def after_all_have_come[**P, R](call: Callable[P, R], *, callers: int) -> Callable[P, R]:
    """``call``, which none of so many threads begins before all of them have come to it.

    For a control, between the look and what follows from it: without a lock, each has seen what was there before.
    """
    barrier = Barrier(callers)

    def together(*args: P.args, **options: P.kwargs) -> R:
        barrier.wait(timeout=30)
        return call(*args, **options)

    return together
