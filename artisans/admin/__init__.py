from artisans.admin import consents, ledger, payouts, pity

__all__ = ["consents", "ledger", "payouts", "pity"]
