"""The environment of the demo: everything on this machine, nothing to configure."""

import secrets
from pathlib import Path

from dostshop import env

# The merchant that the local Epoint stand-in knows.
EPOINT_STAND_IN = "i000000001"


def values(var: Path) -> dict[str, str]:
    """Defaults for every variable that the shop needs; what is already set stays."""
    port = env.integer("PORT", default=8000)
    stripe_port = env.integer("DEMO_STRIPE_PORT", default=port + 1)
    epoint_port = env.integer("DEMO_EPOINT_PORT", default=port + 2)
    return {
        "SECRET_KEY": _kept_secret(var / "secret-key"),
        "SITE_URL": f"http://localhost:{port}",
        "ALLOWED_HOSTS": "localhost 127.0.0.1 [::1]",
        "MAIL_FROM": "DOST <shop@dost.example>",
        "MAIL_FOLDER": str(var / "mail"),
        # An invented seller and bank account, with all that an invoice and a transfer can show.
        "VAT_STATE": "registered",
        "SELLER_VOEN": "0000000000",
        "SELLER_ADDRESS": "Bakı, Sınaq küçəsi 1",
        "BANK_IBAN": "AZ39DOST00000000000000000001",
        "BANK_NAME": "Nümunə Bank",
        "BANK_CODE": "000000",
        "BANK_VOEN": "0000000000",
        "BANK_SWIFT": "DOSTAZ22",
        **({} if env.text("STRIPE_SECRET_KEY", default="") else _stripe(stripe_port)),
        **({} if env.text("EPOINT_PUBLIC_KEY", default="") else _epoint(epoint_port)),
    }


def _stripe(port: int) -> dict[str, str]:
    return {
        "DEMO_STRIPE_PORT": str(port),
        "STRIPE_SECRET_KEY": "sk_test_stand_in",
        "STRIPE_WEBHOOK_SECRET": "whsec_stand_in",
        "STRIPE_API_URL": f"http://127.0.0.1:{port}",
        "STRIPE_PAGE_ORIGIN": f"http://localhost:{port}",
    }


def _epoint(port: int) -> dict[str, str]:
    return {
        "DEMO_EPOINT_PORT": str(port),
        "EPOINT_PUBLIC_KEY": EPOINT_STAND_IN,
        "EPOINT_PRIVATE_KEY": "private-key-of-the-stand-in",
        "EPOINT_API_URL": f"http://127.0.0.1:{port}/api/1",
        "EPOINT_PAGE_ORIGINS": f"http://localhost:{port}",
    }


def _kept_secret(path: Path) -> str:
    """Made once, so that sign-ins and order links survive a restart."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50))
    return path.read_text()
