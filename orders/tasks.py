"""The modules whose functions the worker runs."""

from orders import emails, expiry, payments, reconciling, refunds

__all__ = ["emails", "expiry", "payments", "reconciling", "refunds"]
