"""Where payment providers report to. No visitor comes here: no session, no language, no CSRF token."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from dostshop.locks import Busy
from orders import webhooks
from orders.providers import BadSignature


@csrf_exempt
@require_POST
def webhook(request: HttpRequest, provider: str) -> HttpResponse:
    try:
        webhooks.receive(provider, body=request.body, headers=request.headers)
    except webhooks.UnknownProvider as unknown:
        raise Http404 from unknown
    except BadSignature:
        return HttpResponse("bad signature", status=400, content_type="text/plain")
    except Busy:
        return HttpResponse("busy", status=503, content_type="text/plain")
    except webhooks.UnknownMoney:
        # Kept for a person; sending it again would not help.
        return HttpResponse("kept", content_type="text/plain")
    return HttpResponse("ok", content_type="text/plain")
