from artisans.admin import consents, makers, pity

__all__ = ["consents", "makers", "pity"]
