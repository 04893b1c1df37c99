"""The one settings file. Every value that differs between machines comes from the environment (env.py)."""

from datetime import timedelta
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _

from dostshop import database, env
from dostshop.demo import environment as demo_environment

BASE_DIR = Path(__file__).resolve().parent.parent
VAR = Path(env.text("VAR_DIR", default=str(BASE_DIR / "var")))

DEMO = env.flag("DEMO", default=False)
if DEMO:
    env.fill(demo_environment.values(VAR))

# --- The process ---
DEBUG = env.flag("DEBUG", default=False)
SECRET_KEY = env.text(
    "SECRET_KEY",
    hint="For a first look run `make demo`; for a real shop set it to 50 or more random characters.",
)
SITE_URL = env.url("SITE_URL", hint="It is the address of the shop, such as https://shop.example.az.").rstrip("/")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS") or [urlsplit(SITE_URL).hostname or ""]
CSRF_TRUSTED_ORIGINS = [SITE_URL]
ROOT_URLCONF = "dostshop.urls"
WSGI_APPLICATION = "dostshop.wsgi.application"

INSTALLED_APPS = [
    "modeltranslation",
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "dostshop.admin_site.ShopAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.sitemaps",
    "django.contrib.staticfiles",
    "procrastinate.contrib.django",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.google",
    "allauth.socialaccount.providers.openid_connect",
    "django_countries",
    "phonenumber_field",
    "dostshop",
    "dostshop.accounts",
    "dostshop.background",
    "dostshop.exchange",
    "dostshop.pages",
    "artisans",
    "catalog",
    "orders",
    *(["dostshop.demo"] if DEMO else []),
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "dostshop.public_pages.private_unless_said_otherwise",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "dostshop.language.LanguageFromPathMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "dostshop.accounts.second_factor.AskedOfStaff",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "dostshop.language.languages",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "dostshop.templatetags.shop",
            ],
        },
    }
]

# --- Data ---
DATABASES = {
    "default": {
        **database.settings_for(env.text("DATABASE_URL", default=""), var=VAR),
        "CONN_MAX_AGE": env.integer("DATABASE_CONNECTION_SECONDS", default=60),
        "CONN_HEALTH_CHECKS": True,
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.url("REDIS_URL", default="")
CACHES: dict[str, dict[str, Any]] = {
    "default": (
        {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
        if REDIS_URL
        else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    )
}

S3_BUCKET = env.text("S3_BUCKET", default="")
PUBLIC_MEDIA_URL = env.text("PUBLIC_MEDIA_URL", default="/media/")


def storage(folder: str, *, public: bool) -> dict[str, Any]:
    """A local folder, or the same folder of the bucket where one is set; private files get signed addresses."""
    if not S3_BUCKET:
        local = {"location": VAR / "media" / folder, "base_url": PUBLIC_MEDIA_URL if public else None}
        return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": local}
    options = {
        "bucket_name": S3_BUCKET,
        "endpoint_url": env.url("S3_ENDPOINT_URL", default="") or None,
        "region_name": env.text("S3_REGION", default="") or None,
        "access_key": env.text("S3_ACCESS_KEY"),
        "secret_key": env.text("S3_SECRET_KEY"),
        "location": folder,
        "querystring_auth": not public,
        "default_acl": None,
        "file_overwrite": False,
        "custom_domain": PUBLIC_MEDIA_URL.partition("://")[2].rstrip("/") or None if public else None,
    }
    backend = "dostshop.bucket.RenditionsInBucket" if public else "storages.backends.s3.S3Storage"
    return {"BACKEND": backend, "OPTIONS": options}


STORAGES = {
    # Originals and documents: never served.
    "default": storage("private", public=False),
    # Renditions of photos: public, never changed once written.
    "renditions": storage("public", public=True),
    "staticfiles": {"BACKEND": "dostshop.staticfiles.BundledStaticFilesStorage"},
}
STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = [
    "avif",
    "jpg",
    "jpeg",
    "png",
    "webp",
    "gif",
    "woff",
    "woff2",
    "gz",
    "br",
    "map",
]

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "tasks"
PROCRASTINATE_ON_APP_READY = "dostshop.background.worker.set_up"

# --- Languages and place ---
LANGUAGE_CODE = "az"
LANGUAGES = [("az", "Azərbaycanca"), ("ru", "Русский"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
MODELTRANSLATION_LANGUAGES = ("az", "ru", "en")
MODELTRANSLATION_DEFAULT_LANGUAGE = "az"
MODELTRANSLATION_FALLBACK_LANGUAGES = ("az", "ru", "en")
FORMAT_MODULE_PATH = "dostshop.formats"
TIME_ZONE = "Asia/Baku"
USE_TZ = True
PHONENUMBER_DEFAULT_REGION = "AZ"
PHONENUMBER_DEFAULT_FORMAT = "INTERNATIONAL"

# --- Accounts ---
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["dostshop.accounts.backends.RoleBackend"]
PASSWORD_MIN_LENGTH = 10
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": PASSWORD_MIN_LENGTH},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_REDIRECT_URL = "orders:mine"
LOGOUT_REDIRECT_URL = "catalog:home"
LOGIN_URL = "account_login"
# How many proxies in front add to X-Forwarded-For; the limits per address need the shopper's own.
ALLAUTH_TRUSTED_PROXY_COUNT = env.integer("TRUSTED_PROXIES", default=0)
# Digits: typed on any keyboard layout, Cyrillic too, and offered by phones from the mail.
ALLAUTH_USER_CODE_FORMAT = {"numeric": True, "length": 9, "dashed": True}
ACCOUNT_ADAPTER = "orders.sign_in.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_CHANGE = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = 5
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = 5
# A code may be read slowly, or from a mail that comes late: this is what shoppers are told they have.
CODE_MINUTES = 30
# allauth's clock starts with the first code and runs on when another is sent, so it runs twice as long.
_CODE_SECONDS = 2 * CODE_MINUTES * 60
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT = _CODE_SECONDS
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = _CODE_SECONDS
ACCOUNT_LOGIN_TIMEOUT = _CODE_SECONDS
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_MAX_ATTEMPTS = 10
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 10
# allauth's limits and beside them the shop's own: wrong pickup codes of one member of staff.
ACCOUNT_RATE_LIMITS = {"pickup_code": "10/10m/user"}
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = urlsplit(SITE_URL).scheme
ACCOUNT_FORMS = {
    "add_email": "dostshop.accounts.forms.AddEmailForm",
    "change_email": "dostshop.accounts.forms.ChangeEmailForm",
    "change_password": "dostshop.accounts.forms.ChangePasswordForm",
    "confirm_email_verification_code": "dostshop.accounts.forms.ConfirmEmailVerificationCodeForm",
    "confirm_login_code": "dostshop.accounts.forms.ConfirmLoginCodeForm",
    "login": "dostshop.accounts.forms.LoginForm",
    "reauthenticate": "dostshop.accounts.forms.ReauthenticateForm",
    "request_login_code": "dostshop.accounts.forms.RequestLoginCodeForm",
    "reset_password": "dostshop.accounts.forms.ResetPasswordForm",
    "reset_password_from_key": "dostshop.accounts.forms.ResetPasswordKeyForm",
    "set_password": "dostshop.accounts.forms.SetPasswordForm",
    "signup": "dostshop.accounts.forms.SignupForm",
}
MFA_ADAPTER = "dostshop.accounts.second_factor.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "DOST"
# The code before and the code after, for clocks that go wrong and for slow typing.
MFA_TOTP_TOLERANCE = 1
# Browsers know passkeys over plain HTTP at one address, localhost: for the demo.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEMO
MFA_FORMS = {
    "activate_totp": "dostshop.accounts.forms.ActivateTOTPForm",
    "add_webauthn": "dostshop.accounts.forms.AddPasskeyForm",
    "authenticate": "dostshop.accounts.forms.SecondStepForm",
    "authenticate_webauthn": "dostshop.accounts.forms.PasskeyStepForm",
    "edit_webauthn": "dostshop.accounts.forms.RenamePasskeyForm",
    "login_webauthn": "dostshop.accounts.forms.PasskeyLoginForm",
    "reauthenticate": "dostshop.accounts.forms.SecondStepAgainForm",
    "reauthenticate_webauthn": "dostshop.accounts.forms.PasskeyAgainForm",
}
# How long staff with a new account work without a second step in signing in; in the demo for ever.
SECOND_FACTOR_GRACE = None if DEMO else timedelta(days=env.integer("SECOND_FACTOR_GRACE_DAYS", default=7))
SOCIALACCOUNT_FORMS = {
    "disconnect": "dostshop.accounts.forms.DisconnectForm",
    "signup": "dostshop.accounts.forms.SocialSignupForm",
}
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_PROVIDERS: dict[str, dict[str, Any]] = {}
# Where a sign-in elsewhere begins.
SIGN_IN_ORIGINS: list[str] = []
if google_client := env.text("GOOGLE_CLIENT_ID", default=""):
    SOCIALACCOUNT_PROVIDERS["google"] = {
        "APPS": [{"client_id": google_client, "secret": env.text("GOOGLE_CLIENT_SECRET")}],
        "SCOPE": ["profile", "email"],
    }
    SIGN_IN_ORIGINS.append("https://accounts.google.com")
if oidc_server := env.url("OIDC_SERVER_URL", default=""):
    SOCIALACCOUNT_PROVIDERS["openid_connect"] = {
        "APPS": [
            {
                "provider_id": "oidc",
                "name": env.text("OIDC_NAME", default="OpenID Connect"),
                "client_id": env.text("OIDC_CLIENT_ID"),
                "secret": env.text("OIDC_CLIENT_SECRET"),
                "settings": {"server_url": oidc_server},
            }
        ]
    }
    # Named apart where the provider signs people in at another address than the one that describes it.
    SIGN_IN_ORIGINS.append(env.url("OIDC_PAGE_ORIGIN", default="{0.scheme}://{0.netloc}".format(urlsplit(oidc_server))))

# --- Mail ---
DEFAULT_FROM_EMAIL = env.text("MAIL_FROM", default="DOST <shop@localhost>")
SERVER_EMAIL = parseaddr(DEFAULT_FROM_EMAIL)[1]
MAIL_FOLDER = env.text("MAIL_FOLDER", default="")
MAILERS = {
    "default": (
        {"BACKEND": "django.core.mail.backends.filebased.EmailBackend", "OPTIONS": {"file_path": MAIL_FOLDER}}
        if MAIL_FOLDER
        else {
            "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "OPTIONS": {
                "host": env.text("SMTP_HOST", default="localhost"),
                "port": env.integer("SMTP_PORT", default=587),
                "username": env.text("SMTP_USER", default=""),
                "password": env.text("SMTP_PASSWORD", default=""),
                "use_tls": env.flag("SMTP_TLS", default=True),
                "timeout": 20,
            },
        }
    )
}

# --- Payment ---
# A provider is a class that keeps to orders.providers.PaymentProvider; its code is written into its payments.
PAYMENT_PROVIDERS = {
    "stripe": "orders.providers.stripe_checkout.StripeCheckout",
    "epoint": "orders.providers.epoint.Epoint",
    "transfer": "orders.providers.bank_transfer.BankTransfer",
    "branch": "orders.providers.branch.PayAtBranch",
}
# What each keeps of a payment, for the ledger.
PAYMENT_FEES = env.tariffs("PAYMENT_FEES")
STRIPE_SECRET_KEY = env.text("STRIPE_SECRET_KEY", default="")
STRIPE_WEBHOOK_SECRET = env.text(
    "STRIPE_WEBHOOK_SECRET",
    default=None if STRIPE_SECRET_KEY else "",
    hint="With STRIPE_SECRET_KEY set, it is what Stripe signs its webhooks with; without it no payment is heard of.",
)
# Another server that speaks Stripe's HTTP API; the demo's stand-in.
STRIPE_API_URL = env.url("STRIPE_API_URL", default="")
STRIPE_PAGE_ORIGIN = env.url("STRIPE_PAGE_ORIGIN", default="https://checkout.stripe.com")
STRIPE_TIMEOUT_SECONDS = env.integer("STRIPE_TIMEOUT_SECONDS", default=10)

EPOINT_PUBLIC_KEY = env.text("EPOINT_PUBLIC_KEY", default="")
EPOINT_PRIVATE_KEY = env.text(
    "EPOINT_PRIVATE_KEY",
    default=None if EPOINT_PUBLIC_KEY else "",
    hint="With EPOINT_PUBLIC_KEY set, it is what requests and callbacks are signed with.",
)
EPOINT_API_URL = env.url("EPOINT_API_URL", default="https://epoint.az/api/1").rstrip("/")
# Epoint's own page, and the banks' to which it leads on without a click.
EPOINT_PAGE_ORIGINS = env.words("EPOINT_PAGE_ORIGINS", default="https://epoint.az") if EPOINT_PUBLIC_KEY else []
EPOINT_TIMEOUT_SECONDS = env.integer("EPOINT_TIMEOUT_SECONDS", default=10)

# --- Invoices and tax ---
# Whether prices contain VAT that the seller has to show. Each craft says whether it is exempt.
VAT_STATE = env.choice("VAT_STATE", of=("not_registered", "registered"), default="not_registered")
SELLER_NAME = env.text("SELLER_NAME", default="DOST İnklüziv İnkişaf və Yaradıcılıq Mərkəzi")
SELLER_ADDRESS = env.text("SELLER_ADDRESS", default="")
SELLER_VOEN = env.digits(
    "SELLER_VOEN",
    count=10,
    default=None if VAT_STATE == "registered" else "",
    hint="With VAT_STATE=registered, every invoice has to name the seller's VÖEN.",
)
# 300 special drawing rights in manat: the most that a parcel with the short customs declaration may be worth.
CN22_LIMIT = env.integer("CN22_LIMIT", default=680)

# --- The account that bank transfers go to ---
BANK_IBAN = env.iban("BANK_IBAN", default="")
BANK_ACCOUNT_NAME = env.text("BANK_ACCOUNT_NAME", default=SELLER_NAME)
BANK_NAME = env.text(
    "BANK_NAME", default=None if BANK_IBAN else "", hint="With BANK_IBAN set, shoppers are told which bank it is."
)
BANK_CODE = env.digits("BANK_CODE", count=6, default="")
BANK_VOEN = env.digits("BANK_VOEN", count=10, default="")
BANK_CORRESPONDENT_ACCOUNT = env.iban("BANK_CORRESPONDENT_ACCOUNT", default="")
BANK_SWIFT = env.text("BANK_SWIFT", default="")

# --- Security ---
# Only the demo and development speak plain HTTP.
HTTPS = urlsplit(SITE_URL).scheme == "https"
SECURE_SSL_REDIRECT = HTTPS
# Asked by the machine beside this one, without HTTPS.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "dostshop.views.csrf_failure"
X_FRAME_OPTIONS = "DENY"
SECURE_CSP: dict[str, list[str]] = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "font-src": [CSP.SELF],
    "img-src": [CSP.SELF, *([PUBLIC_MEDIA_URL] if urlsplit(PUBLIC_MEDIA_URL).netloc else [])],
    "connect-src": [CSP.SELF],
    "media-src": [CSP.SELF],
    "manifest-src": [CSP.SELF],
    # Browsers apply form-action to the redirects that follow a form, so the pages they lead to are named.
    "form-action": [CSP.SELF, STRIPE_PAGE_ORIGIN, *EPOINT_PAGE_ORIGINS, *SIGN_IN_ORIGINS],
    "frame-ancestors": [CSP.NONE],
    "base-uri": [CSP.NONE],
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000

UNFOLD = {
    "SITE_TITLE": "DOST",
    "SITE_HEADER": _("DOST shop"),
    "SITE_ICON": "dostshop.admin_site.mark",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": "dostshop.admin_site.mark"}],
    "SHOW_LANGUAGES": True,
    "SHOW_VIEW_ON_SITE": True,
    "SHOW_BACK_BUTTON": True,
    "ENVIRONMENT": "dostshop.admin_site.environment",
    "SIDEBAR": {"navigation": "dostshop.admin_site.navigation"},
    "STYLES": ["dostshop.admin_site.style"],
    "SCRIPTS": ["dostshop.admin_site.script"],
    # The shop's paper and ink, and its pomegranate.
    "COLORS": {
        "base": {
            "50": "#faf7f0",
            "100": "#f3ede1",
            "200": "#e6dccb",
            "300": "#d3c5ae",
            "400": "#a99a85",
            "500": "#746656",
            "600": "#62554a",
            "700": "#463a2f",
            "800": "#332a22",
            "900": "#27201a",
            "950": "#1c1713",
        },
        "primary": {
            "50": "#fcf1f2",
            "100": "#f8dfe2",
            "200": "#f1c0c6",
            "300": "#e895a0",
            "400": "#dc6577",
            "500": "#c93a51",
            "600": "#a5182e",
            "700": "#8f1227",
            "800": "#771020",
            "900": "#63111e",
            "950": "#39060e",
        },
    },
}
# The admin's language tabs.
MODELTRANSLATION_PREPOPULATE_LANGUAGE = MODELTRANSLATION_DEFAULT_LANGUAGE
JQUERY_UI_URL = "vendor/jquery-ui.min.js"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    # Each process would begin with a list of the tasks that it knows.
    "loggers": {name: {"level": "WARNING"} for name in ("procrastinate.blueprints", "procrastinate.periodic")},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", default="INFO")},
}
