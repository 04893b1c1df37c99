"""For the type checker alone: without modeltranslation, whose managers made at run time hide the real ones."""

from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS

INSTALLED_APPS = [app for app in INSTALLED_APPS if app != "modeltranslation"]
