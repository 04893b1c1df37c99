"""The guide for whoever works in the admin and at the counter."""

from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dostshop.accounts.models import User


@require_safe
@never_cache
@login_required
def guide(request: HttpRequest) -> HttpResponse:
    if not cast("User", request.user).is_staff:
        raise Http404
    return render(request, "work/guide.html")
