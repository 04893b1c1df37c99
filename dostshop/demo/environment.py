"""The environment of the demo: everything on this machine, nothing to configure."""

import os
import secrets
from pathlib import Path


def values(var: Path) -> dict[str, str]:
    """Defaults for every variable that the shop needs; what is already set stays."""
    port = os.environ.get("PORT", "8000")
    stripe_port = os.environ.get("DEMO_STRIPE_PORT", str(int(port) + 1))
    return {
        "SECRET_KEY": _kept_secret(var / "secret-key"),
        "SITE_URL": f"http://localhost:{port}",
        "ALLOWED_HOSTS": "localhost 127.0.0.1 [::1]",
        "MAIL_FROM": "DOST <shop@dost.example>",
        "MAIL_FOLDER": str(var / "mail"),
        **({} if os.environ.get("STRIPE_SECRET_KEY") else _stand_in(stripe_port)),
    }


def _stand_in(port: str) -> dict[str, str]:
    return {
        "DEMO_STRIPE_PORT": port,
        "STRIPE_SECRET_KEY": "sk_test_stand_in",
        "STRIPE_WEBHOOK_SECRET": "whsec_stand_in",
        "STRIPE_API_URL": f"http://127.0.0.1:{port}",
        "STRIPE_PAGE_ORIGIN": f"http://localhost:{port}",
    }


def _kept_secret(path: Path) -> str:
    """Made once, so that sign-ins and order links survive a restart."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50))
    return path.read_text()
