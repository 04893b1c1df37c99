"""Time that passes quicker: payment pages and holds run out, and what is regular comes more often."""

import random
from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from dostshop.background.tasks import tidy_queue
from orders import expiry, reconciling
from orders.models import Hold, Order, Payment
from tests.chaos.staff import Hands, looking_up
from tests.chaos.stand_ins import Providers
from tests.processes import due_now

LONG_AGO = timedelta(hours=1)


class Clock:
    def __init__(self, providers: Providers, hands: Hands, *, chance: random.Random) -> None:
        self.providers = providers
        self.hands = hands
        self.chance = chance

    def tick(self) -> None:
        action = self.chance.choice([self._run_out] * 3 + [self._reconcile, self._tidy, self._at_stripe])
        with looking_up():
            action()

    def _run_out(self) -> None:
        """Some who have begun to pay let their time go by; the providers' pages may stay open a little longer."""
        waiting = [pk for pk in Payment.objects.open().values_list("pk", flat=True) if self.chance.random() < 0.1]
        past = timezone.now() - LONG_AGO
        Payment.objects.filter(pk__in=waiting).update(expires_at=past)
        Hold.objects.filter(order__payments__in=waiting, released_at=None).update(expires_at=past)
        bags = Hold.objects.filter(order=None, released_at=None).values_list("pk", flat=True)
        Hold.objects.filter(pk__in=[pk for pk in bags if self.chance.random() < 0.1]).update(expires_at=past)
        self.providers.close_pages(self.chance)
        due_now(expiry.expire)

    def _reconcile(self) -> None:
        due_now(reconciling.reconcile_regularly)

    def _tidy(self) -> None:
        due_now(tidy_queue)

    def _at_stripe(self) -> None:
        """Somebody refunds in Stripe's own dashboard, or a card was closed before its refund came."""
        if self.chance.random() < 0.3:
            self.providers.fail_a_refund(self.chance)
            return
        paid = Payment.objects.filter(provider="stripe", captured_amount__gt=1, refunded_amount=0)
        for payment in paid.filter(order__status=Order.Status.PAID).order_by("-pk")[:5]:
            if self.hands.take(payment.order_id, "dashboard"):
                self.providers.refund_in_dashboard(payment.provider_charge, Decimal("1.00"))
                break
