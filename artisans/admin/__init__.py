from artisans.admin import consents, ledger, payouts, pity, statements, thanks

__all__ = ["consents", "ledger", "payouts", "pity", "statements", "thanks"]
