from artisans.admin import consents, ledger, pity

__all__ = ["consents", "ledger", "pity"]
