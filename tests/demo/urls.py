"""The shop's addresses with those of the demo, which the settings of the tests leave out."""

from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path

from dostshop.urls import urlpatterns as shop

urlpatterns = [*shop, *i18n_patterns(path("demo/", include("dostshop.demo.urls")), prefix_default_language=False)]
