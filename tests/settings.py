"""The shop's settings, for tests: quick passwords, files in a scratch folder, mail kept in memory."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from dostshop import env
from dostshop.database import EmbeddedServer

_VAR = Path(env.text("VAR_DIR", default=str(Path(__file__).resolve().parent.parent / "var")))
# Made by whoever first writes into it.
_SCRATCH = Path(tempfile.gettempdir()) / f"dostshop-tests-{os.getpid()}"
atexit.register(shutil.rmtree, _SCRATCH, ignore_errors=True)

if not env.text("DATABASE_URL", default=""):
    # A server of its own, which forgets how to survive a power cut and is twice as quick for it.
    env.fill({"DATABASE_URL": EmbeddedServer(_VAR / "postgres-tests", durable=False).start()})
env.fill(
    {
        "SECRET_KEY": "only-for-tests-" + "0123456789" * 5,
        "SITE_URL": "http://localhost:8000",
        "ALLOWED_HOSTS": "localhost 127.0.0.1 testserver",
        "STRIPE_SECRET_KEY": "sk_test_tests",
        "STRIPE_WEBHOOK_SECRET": "whsec_tests",
        "STRIPE_API_URL": "http://127.0.0.1:9",
        "STRIPE_PAGE_ORIGIN": "http://localhost:9",
        "VAT_STATE": "registered",
        "SELLER_VOEN": "1234567890",
        "SELLER_ADDRESS": "Bakı, Sınaq küçəsi 1",
    }
)

from dostshop.settings import *  # noqa: E402, F403
from dostshop.settings import S3_BUCKET, STORAGES  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
if not S3_BUCKET:
    STORAGES["default"]["OPTIONS"]["location"] = _SCRATCH / "private"
    STORAGES["renditions"]["OPTIONS"]["location"] = _SCRATCH / "public"
# Static files are served from where they are, and looked for when they are asked for.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
