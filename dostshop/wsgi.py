"""The web process: ``gunicorn dostshop.wsgi``."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dostshop.settings")

application = get_wsgi_application()
