"""From a bag to an order.

Locks: the bag, then the stock of its pieces. The bag's lock makes a double click one order.
Raises: ``BagEmpty``, ``PriceChanged``, ``TooManyUnpaid``, ``NotForSale``, ``stock.OutOfStock``, ``locks.Busy``;
nothing is written then.
After commit: the mail “order received”, by a task; where it is paid online, after ``TIME_ON_PAYMENT_PAGE``. The payment
is started by the caller after the commit.
Retry: a bag that was ordered gives its order again.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.utils import timezone, translation

from catalog.models import Product, ProductMaker, TaxClass
from dostshop import codes, money
from dostshop.locks import short_transaction
from orders import bag as bags
from orders import emails, payments, promises, providers, stock, vat
from orders.delivery import DeliveryOption
from orders.models import Bag, BagLine, Fulfilment, LineItem, Order, OrderEvent, OrderMail, Payment

MOST_UNPAID = 3
# Most have paid by then: a mail that the order is not paid would soon be untrue.
TIME_ON_PAYMENT_PAGE = timedelta(minutes=3)


class BagEmpty(Exception):
    """There is nothing to order."""


class TooManyUnpaid(Exception):
    """As many orders of this address as may be wait for money that staff see only later."""


class PriceChanged(Exception):
    """The order costs another sum than the shopper was shown."""


@dataclass(frozen=True)
class Details:
    """What the shopper told us."""

    language: str
    email: str
    name: str
    phone: str
    option: DeliveryOption
    provider: str
    address: str = ""
    city: str = ""
    postcode: str = ""
    country: str = ""
    directions: str = ""
    gift_note: str = ""
    user_pk: int | None = None


def total(lines: list[BagLine], option: DeliveryOption | None = None) -> Decimal:
    items = sum((line.total for line in lines), money.ZERO)
    return items + (option.price if option else money.ZERO)


@short_transaction()
def place_order(bag_pk: int, *, details: Details, total_shown: Decimal) -> Order:
    """The order with its pieces held until the payment's time is over, and the payment's intent."""
    bag = Bag.objects.select_for_update(of=("self",), no_key=True).filter(pk=bag_pk).first()
    if bag is None:
        raise BagEmpty
    if bag.ordered_at is not None:
        return Order.objects.get(bag=bag)
    lines = bags.lines(bag)
    if not lines:
        raise BagEmpty
    if any(line.variant.product.state != Product.State.PUBLISHED for line in lines):
        raise bags.NotForSale
    if total(lines, details.option) != total_shown:
        raise PriceChanged
    if details.provider in providers.codes_by_hand() and _unpaid_by_hand(details.email) >= MOST_UNPAID:
        raise TooManyUnpaid
    order = _create_order(bag, lines, details)
    order.record(OrderEvent.Kind.PLACED, total=str(order.total))
    payment = payments.write_intent(order, provider=details.provider)
    stock.hold_for(order, bag, until=payment.expires_at, lines=lines)
    bag.ordered_at = timezone.now()
    bag.save(update_fields=["ordered_at"])
    is_online = details.provider in providers.codes_online()
    emails.enqueue(order, OrderMail.Kind.RECEIVED, wait=TIME_ON_PAYMENT_PAGE if is_online else None)
    return order


def _unpaid_by_hand(email: str) -> int:
    """Orders that keep pieces from others on a promise alone."""
    unpaid = Order.objects.filter(email=email, status=Order.Status.AWAITING_PAYMENT)
    return unpaid.filter(payments__in=Payment.objects.open().filter(provider__in=providers.codes_by_hand())).count()


def _create_order(bag: Bag, lines: list[BagLine], details: Details) -> Order:
    option = details.option
    items_total = total(lines)
    taxed = {line.pk: _taxed(line, option) for line in lines}
    delivery = vat.Portion.of(vat.applies(TaxClass.STANDARD, is_export=option.is_abroad), option.price)
    promise = _promise(lines, details)
    order = Order.objects.create(
        bag=bag,
        user_id=details.user_pk,
        language=details.language,
        email=details.email,
        name=details.name,
        phone=details.phone,
        delivery=Order.Delivery.PICKUP if option.is_pickup else Order.Delivery.POST,
        pickup_branch=option.branch,
        pickup_code=_free_pickup_code() if option.is_pickup else None,
        promised_on=promise.promised_on if promise else None,
        delivery_name=option.name,
        delivery_days_min=option.method.days_min if option.method else None,
        delivery_days_max=option.method.days_max if option.method else None,
        has_tracking=option.method is not None and option.method.has_tracking,
        address=details.address,
        city=details.city,
        postcode=details.postcode,
        country=details.country,
        directions=details.directions,
        gift_note=details.gift_note,
        items_total=items_total,
        delivery_total=option.price,
        total=items_total + option.price,
        delivery_vat=delivery.vat,
        delivery_tax_rate=delivery.vat.rate,
        delivery_tax=delivery.tax,
        tax=sum((one.tax for one in taxed.values()), delivery.tax),
    )
    _create_lines(order, lines, promise=promise, taxed=taxed)
    return order


def _create_lines(
    order: Order, lines: list[BagLine], *, promise: promises.Promise | None, taxed: dict[int, vat.Portion]
) -> None:
    """The order's lines, by the branch that keeps the pieces."""
    branches = {line.variant.product.branch_id for line in lines}
    fulfilments = Fulfilment.objects.bulk_create(
        [
            Fulfilment(order=order, branch_id=branch, due_on=promise.due_on[branch] if promise else None)
            for branch in sorted(branches)
        ]
    )
    by_branch = {fulfilment.branch_id: fulfilment for fulfilment in fulfilments}
    shares = _shares(lines)
    with translation.override(order.language):
        LineItem.objects.bulk_create(
            [
                _line_item(
                    line, by_branch[line.variant.product.branch_id], shares[line.variant.product_id], taxed[line.pk]
                )
                for line in lines
            ]
        )


def _promise(lines: list[BagLine], details: Details) -> promises.Promise | None:
    """What will be paid on pickup is prepared at once; for the rest ``payments`` promises when the money is there."""
    if details.provider not in providers.codes_paid_on_pickup():
        return None
    branch = details.option.branch
    products = [line.variant.product for line in lines]
    return promises.promise(products, pickup_branch_pk=branch.pk if branch else None, now=timezone.now())


def _free_pickup_code() -> str:
    candidates = {codes.pickup_code() for _number in range(5)}
    taken = Order.objects.filter(pickup_code__in=candidates).values_list("pickup_code", flat=True)
    return (candidates - {*taken}).pop()


def _taxed(line: BagLine, option: DeliveryOption) -> vat.Portion:
    kind = vat.applies(line.variant.product.craft.tax_class, is_export=option.is_abroad)
    return vat.Portion.of(kind, line.total)


def _line_item(
    line: BagLine, fulfilment: Fulfilment, shares: list[dict[str, str | int]], taxed: vat.Portion
) -> LineItem:
    variant, product = line.variant, line.variant.product
    return LineItem(
        order=fulfilment.order,
        fulfilment=fulfilment,
        variant=variant,
        name=str(variant),
        sku=variant.sku,
        kind=product.kind,
        lead_time_days=promises.days_of_making(product),
        quantity=line.quantity,
        unit_price=variant.price,
        total=line.total,
        tax_class=product.craft.tax_class,
        vat=taxed.vat,
        tax_rate=taxed.vat.rate,
        tax=taxed.tax,
        no_return=product.no_return,
        weight_g=product.weight_g,
        hs_code=product.craft.hs_code,
        export_permit=product.export_permit,
        shares=shares,
    )


def _shares(lines: list[BagLine]) -> dict[int, list[dict[str, str | int]]]:
    """The makers' shares by product, as they are at this moment."""
    found: dict[int, list[dict[str, str | int]]] = defaultdict(list)
    products = [line.variant.product_id for line in lines]
    for maker in ProductMaker.objects.filter(product__in=products):
        found[maker.product_id].append({"artisan": maker.artisan_id, "share": str(maker.share)})
    return found
