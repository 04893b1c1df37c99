from artisans.admin import consents, ledger, payouts, pity, private_records, statements, thanks

__all__ = ["consents", "ledger", "payouts", "pity", "private_records", "statements", "thanks"]
