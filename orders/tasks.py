"""The modules whose functions the worker runs."""

from orders import emails, expiry, payments

__all__ = ["emails", "expiry", "payments"]
