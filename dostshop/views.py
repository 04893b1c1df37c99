"""Pages that belong to no app: errors and the health of the process."""

import posixpath

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.views.static import serve

from dostshop.pictures import cache_control


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "403_csrf.html", {"reason": reason}, status=403)


def favicon(request: HttpRequest) -> HttpResponse:
    """Pages name their icon; browsers guess this address for what is no page, such as a photo opened by itself."""
    return redirect(static("img/mark.svg"))


def media(request: HttpRequest, path: str) -> HttpResponseBase:
    """A rendition from this machine's folder, in which nothing else is. A proxy in front may do the same."""
    name = posixpath.normpath(path).lstrip("/")
    response: HttpResponseBase = serve(request, name, settings.STORAGES["renditions"]["OPTIONS"]["location"])
    response.headers["Cache-Control"] = cache_control(name)
    return response


def robots(request: HttpRequest) -> HttpResponse:
    """What is personal is not for search engines, in any language."""
    personal = ("accounts", "admin", "bag", "checkout", "orders")
    lines = ["User-agent: *", *(f"Disallow: {prefix}/{part}/" for part in personal for prefix in ("", "/ru", "/en"))]
    return HttpResponse("\n".join([*lines, "", f"Sitemap: {settings.SITE_URL}/sitemap.xml", ""]), "text/plain")


def healthz(request: HttpRequest) -> HttpResponse:
    """This process answers."""
    return HttpResponse("ok", content_type="text/plain")


def readyz(request: HttpRequest) -> HttpResponse:
    """The database answers too."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'")
        waiting: int = cursor.fetchone()[0]
    return JsonResponse({"database": "ok", "jobs_waiting": waiting})
