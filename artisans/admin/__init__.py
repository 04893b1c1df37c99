from artisans.admin import consents, ledger, payouts, pity, statements

__all__ = ["consents", "ledger", "payouts", "pity", "statements"]
