"""Where payment providers report to. No visitor comes here: no session, no language, no CSRF token."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from orders import webhooks


@csrf_exempt
@require_POST
def stripe_webhook(request: HttpRequest) -> HttpResponse:
    try:
        webhooks.receive(request.body, signature=request.headers.get("Stripe-Signature", ""))
    except webhooks.BadSignature:
        return HttpResponse("bad signature", status=400, content_type="text/plain")
    return HttpResponse("ok", content_type="text/plain")
