"""The settings of a real shop, read in a process of its own from the environment alone."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PRODUCTION = {
    "SECRET_KEY": "fifty-characters-or-more-that-nobody-can-guess-0123456789",
    "SITE_URL": "https://shop.example.az/",
    "DATABASE_URL": "postgresql://shop:secret@db.example.az/shop",
}
EVERYTHING = {
    **PRODUCTION,
    "REDIS_URL": "redis://cache.example.az/0",
    "S3_BUCKET": "shop",
    "S3_ENDPOINT_URL": "https://objects.example.az",
    "S3_ACCESS_KEY": "access",
    "S3_SECRET_KEY": "secret",
    "PUBLIC_MEDIA_URL": "https://pictures.example.az/shop/",
    "GOOGLE_CLIENT_ID": "google",
    "GOOGLE_CLIENT_SECRET": "secret",
    "OIDC_SERVER_URL": "https://id.example.az",
    "OIDC_CLIENT_ID": "oidc",
    "OIDC_CLIENT_SECRET": "secret",
    "SMTP_HOST": "mail.example.az",
    "STRIPE_SECRET_KEY": "sk_live_1",
    "STRIPE_WEBHOOK_SECRET": "whsec_1",
}
SHOW = """
import json, django
from django.conf import settings
django.setup()
from django.core.cache import cache
from django.core.files.storage import storages
print(json.dumps({
    "csp": settings.SECURE_CSP,
    "database": settings.DATABASES["default"]["HOST"],
    "hosts": settings.ALLOWED_HOSTS,
    "cache": cache._cache.__class__.__name__,
    "public": storages["renditions"].url("a b.avif"),
    "storages": [type(storages[name]).__name__ for name in ("renditions", "default")],
    "secure": [settings.SESSION_COOKIE_SECURE, settings.CSRF_COOKIE_SECURE, settings.SECURE_SSL_REDIRECT],
}))
"""


def run(tmp_path: Path, environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "VAR_DIR": str(tmp_path / "var"),
            "DJANGO_SETTINGS_MODULE": "dostshop.settings",
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("environment", [PRODUCTION, EVERYTHING])
def test_a_real_shop_passes_the_deployment_check(tmp_path: Path, environment: dict[str, str]) -> None:
    done = run(tmp_path, environment, "manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert (done.returncode, done.stderr) == (0, "")
    assert not (tmp_path / "var").exists()


def test_every_setting_reaches_its_place(tmp_path: Path) -> None:
    shown = json.loads(run(tmp_path, EVERYTHING, "-c", SHOW).stdout)
    assert shown["database"] == "db.example.az"
    assert shown["hosts"] == ["shop.example.az"]
    assert shown["cache"] == "RedisCacheClient"
    assert shown["public"] == "https://pictures.example.az/shop/public/a%20b.avif"
    assert shown["storages"] == ["RenditionsInBucket", "S3Storage"]
    assert shown["secure"] == [True, True, True]
    assert shown["csp"]["img-src"] == ["'self'", "https://pictures.example.az/shop/"]
    assert shown["csp"]["form-action"] == [
        "'self'",
        "https://checkout.stripe.com",
        "https://accounts.google.com",
        "https://id.example.az",
    ]


def test_no_page_of_the_shop_allows_inline_code_or_third_parties(tmp_path: Path) -> None:
    csp = json.loads(run(tmp_path, PRODUCTION, "-c", SHOW).stdout)["csp"]
    assert csp["default-src"] == ["'none'"]
    for directive, sources in csp.items():
        allowed = {"'self'", "'none'"} | ({"https://checkout.stripe.com"} if directive == "form-action" else set())
        assert set(sources) <= allowed, directive


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [
        ("SECRET_KEY", "SECRET_KEY is not set. For a first look run `make demo`"),
        ("SITE_URL", "SITE_URL is not set. It is the address of the shop"),
        ("S3_SECRET_KEY", "S3_SECRET_KEY is not set."),
        ("OIDC_CLIENT_ID", "OIDC_CLIENT_ID is not set."),
    ],
)
def test_a_missing_value_stops_the_start_with_one_sentence(tmp_path: Path, missing: str, sentence: str) -> None:
    environment = {name: value for name, value in EVERYTHING.items() if name != missing}
    done = run(tmp_path, environment, "manage.py", "check")
    assert done.returncode == 1
    assert done.stderr.startswith(sentence)
    assert "Traceback" not in done.stderr
