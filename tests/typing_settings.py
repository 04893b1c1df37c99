"""For the type checker alone: without modeltranslation, whose managers made at run time hide the real ones.

The admin is not looked through then, for its pages need modeltranslation.
"""

from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS

INSTALLED_APPS = [
    "django.contrib.admin.apps.SimpleAdminConfig" if app == "dostshop.admin_site.ShopAdminConfig" else app
    for app in INSTALLED_APPS
    if app != "modeltranslation"
]
