"""The modules whose functions the worker runs."""

from orders import emails, expiry, invoice_documents, payments, reconciling, refunds, unclaimed

__all__ = ["emails", "expiry", "invoice_documents", "payments", "reconciling", "refunds", "unclaimed"]
