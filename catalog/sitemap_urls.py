"""Outside the languages: one sitemap names every page in all of them."""

from django.contrib.sitemaps import views
from django.urls import path

from catalog.sitemaps import SITEMAPS

urlpatterns = [
    path("sitemap.xml", views.index, {"sitemaps": SITEMAPS, "sitemap_url_name": "sitemap"}),
    path("sitemap-<section>.xml", views.sitemap, {"sitemaps": SITEMAPS}, name="sitemap"),
]
