from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from dostshop import views
from orders.sign_in import sign_out
from orders.views import delivery

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", views.healthz),
    path("readyz", views.readyz),
    path("favicon.ico", views.favicon),
    path("robots.txt", views.robots),
    path("", include("catalog.sitemap_urls")),
    path("payments/", include("orders.webhook_urls")),
    *i18n_patterns(
        path("admin/", admin.site.urls),
        path("accounts/logout/", sign_out),
        path("accounts/", include("dostshop.accounts.urls")),
        path("staff/", include("orders.work_urls")),
        path("studio/", include("catalog.studio_urls")),
        # One information page has prices in it. It is linked to as the others are, so it comes before them; only the
        # links to its other languages go by its name.
        path("info/delivery/", delivery.page, name="delivery"),
        path("info/", include("dostshop.pages.urls")),
        path("", include("orders.urls")),
        path("", include("catalog.urls")),
        prefix_default_language=False,
    ),
]

if not settings.S3_BUCKET:
    urlpatterns.append(path("media/<path:path>", views.media))

if settings.DEMO:
    urlpatterns += i18n_patterns(path("demo/", include("dostshop.demo.urls")), prefix_default_language=False)
