"""Transactions that do not wait long for a locked row, nor keep one locked while the shop waits for others."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps

from django.db import OperationalError, connection, transaction
from psycopg.errors import DeadlockDetected, LockNotAvailable

LONGEST_WAIT_MILLISECONDS = 5000


class Busy(Exception):
    """Somebody else holds a row for too long, or two wait for each other; nothing was written.

    The same call may be tried again.
    """


class InsideTransaction(RuntimeError):
    """A call to another machine would keep rows locked for as long as that machine likes."""


@contextmanager
def short_transaction() -> Iterator[None]:
    """A transaction, or a part of the one that is open. Raises Busy where a lock is not to be had in time.

    Also a decorator.
    """
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL lock_timeout = {LONGEST_WAIT_MILLISECONDS}")
            yield
    except OperationalError as error:
        if isinstance(error.__cause__, (LockNotAvailable, DeadlockDetected)):
            raise Busy from error
        raise


def outside_transactions[**P, R](call: Callable[P, R]) -> Callable[P, R]:
    """For a call that leaves this machine. Raises InsideTransaction instead of making it where one is open."""

    @wraps(call)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        refuse_inside_transaction()
        return call(*args, **kwargs)

    return checked


def refuse_inside_transaction() -> None:
    """Raises InsideTransaction where one is open. The one around a test is none, as for ``atomic(durable=True)``."""
    if any(not block._from_testcase for block in connection.atomic_blocks):  # type: ignore[attr-defined] # noqa: SLF001
        raise InsideTransaction
