from artisans.admin import consents, makers

__all__ = ["consents", "makers"]
