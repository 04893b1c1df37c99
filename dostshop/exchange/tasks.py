"""The module whose functions the worker runs."""

from dostshop.exchange import importing

__all__ = ["importing"]
