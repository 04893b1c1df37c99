from artisans.admin import consents, ledger, makers, pity

__all__ = ["consents", "ledger", "makers", "pity"]
