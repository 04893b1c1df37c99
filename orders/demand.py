"""Whether anybody still waits for the pieces of an order, and whether they can be fetched."""

from django.db.models import Exists, F, OuterRef, Q

from orders import providers
from orders.models import Fulfilment, Order, Payment


def is_wanted() -> Q:
    """Orders of which there is something to prepare: what is paid at the counter is prepared before it is paid."""
    open_payments = Payment.objects.open().filter(order=OuterRef("pk"))
    at_the_till = open_payments.filter(provider__in=providers.codes_paid_on_pickup())
    # What the provider gave back as a whole, in its own panel too, is no longer waited for.
    money = Payment.objects.filter(order=OuterRef("pk"), captured_amount__gt=F("refunded_amount"))
    return Q(Exists(money), status=Order.Status.PAID) | Q(Exists(at_the_till), status=Order.Status.AWAITING_PAYMENT)


def is_still_wanted(order: Order) -> bool:
    return Order.objects.filter(is_wanted(), pk=order.pk).exists()


def is_before_its_pieces() -> Q:
    """Payments that cannot be made yet: at the branch, of an order that does not all lie there."""
    on_its_way = Fulfilment.objects.wanted().filter(order=OuterRef("order"), handed_over_at=None, arrived_at=None)
    return Q(Exists(on_its_way), provider__in=providers.codes_paid_on_pickup())


def is_all_there(order: Order) -> bool:
    """Whether all that the buyer still gets lies at the pickup branch."""
    if order.delivery != Order.Delivery.PICKUP:
        return False
    left = order.fulfilments.wanted().filter(handed_over_at=None)
    return left.exists() and not left.filter(arrived_at=None).exists()
