"""An order, its lines, where its parts are, and what happened to it."""

import secrets
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.signing import Signer
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_countries.fields import CountryField
from phonenumber_field.modelfields import PhoneNumberField

from artisans.models import Branch
from catalog.models import NoReturn, Product, TaxClass, Variant
from dostshop import codes, countries, money
from dostshop.accounts.models import User
from dostshop.mailing import Mail
from orders.models.delivery import HOME_COUNTRY, days_text
from orders.vat import Vat

_LINK_SIGNER_SALT = "orders.link"


def link_nonce() -> str:
    return secrets.token_urlsafe(12)


class WrongTransition(Exception):
    """The order is not in a state from which it can move there."""


class OrderQuerySet(models.QuerySet["Order"]):
    def of(self, user: User) -> "OrderQuerySet":
        """Placed while signed in, or as a guest with an address that the user has since verified."""
        verified = EmailAddress.objects.filter(user=user, verified=True).values("email")
        return self.filter(Q(user=user) | Q(email__in=verified))

    def locked(self, pk: int) -> "Order":
        """The order with its row locked until the transaction ends; keys that point to it stay free to be read."""
        return self.select_for_update(of=("self",), no_key=True).get(pk=pk)

    def found_by(self, code: str, email: str) -> "OrderQuerySet":
        return self.filter(code=codes.as_typed(code), email=email)


class Order(models.Model):
    class Status(models.TextChoices):
        AWAITING_PAYMENT = "awaiting_payment", _("awaiting payment")
        PAID = "paid", _("paid")
        COMPLETED = "completed", _("completed")
        CANCELLED = "cancelled", _("cancelled")
        EXPIRED = "expired", _("expired")

    class Delivery(models.TextChoices):
        PICKUP = "pickup", _("pickup at a branch")
        POST = "post", _("delivery")

    # Paying late revives an expired order where its pieces are still free. What was cancelled stays so.
    TRANSITIONS: ClassVar[Mapping[str, frozenset[str]]] = {
        Status.AWAITING_PAYMENT: frozenset({Status.PAID, Status.CANCELLED, Status.EXPIRED}),
        Status.EXPIRED: frozenset({Status.PAID}),
        Status.CANCELLED: frozenset(),
        Status.PAID: frozenset({Status.COMPLETED, Status.CANCELLED}),
        Status.COMPLETED: frozenset(),
    }

    code = models.CharField(_("code"), max_length=12, unique=True, default=codes.order_code, editable=False)
    link_nonce = models.CharField(max_length=24, default=link_nonce, editable=False)
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.AWAITING_PAYMENT)
    bag = models.OneToOneField(
        "orders.Bag", models.PROTECT, null=True, blank=True, related_name="order", editable=False
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="orders",
        verbose_name=_("user"),
    )
    language = models.CharField(_("language"), max_length=2, choices=settings.LANGUAGES)
    email = models.EmailField(_("e-mail"))
    name = models.CharField(pgettext_lazy("of a person", "name"), max_length=150)
    phone = PhoneNumberField(_("phone"), blank=True)
    delivery = models.CharField(_("delivery"), max_length=10, choices=Delivery)
    pickup_branch = models.ForeignKey(
        Branch, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("pickup branch")
    )
    # What the shopper says at the counter. Never given twice.
    pickup_code = models.CharField(_("pickup code"), max_length=8, unique=True, null=True, blank=True, editable=False)
    # From when everything can be picked up, or by when it has been sent; as promised once, whatever comes later.
    promised_on = models.DateField(_("promised for"), null=True, blank=True)
    # As the shopper read it.
    delivery_name = models.CharField(_("delivery method"), max_length=200)
    delivery_days_min = models.PositiveSmallIntegerField(_("days on the way, at least"), null=True, blank=True)
    delivery_days_max = models.PositiveSmallIntegerField(_("days on the way, at most"), null=True, blank=True)
    # As it was promised.
    has_tracking = models.BooleanField(_("with a tracking number"), default=False)
    address = models.CharField(_("street, house, flat"), max_length=250, blank=True)
    city = models.CharField(_("town or village"), max_length=100, blank=True)
    postcode = models.CharField(_("post code"), max_length=16, blank=True)
    country = CountryField(_("country"), blank=True)
    directions = models.CharField(_("how to find you"), max_length=250, blank=True)
    gift_note = models.TextField(_("gift note"), max_length=500, blank=True)
    currency = models.CharField(_("currency"), max_length=3, default=money.CURRENCY)
    items_total = models.DecimalField(_("pieces"), max_digits=10, decimal_places=2)
    delivery_total = models.DecimalField(_("delivery"), max_digits=8, decimal_places=2)
    total = models.DecimalField(_("total"), max_digits=10, decimal_places=2)
    # Copies of the moment of sale; the totals contain the tax.
    delivery_vat = models.CharField(_("VAT of the delivery"), max_length=10, choices=Vat)
    delivery_tax_rate = models.DecimalField(_("VAT of the delivery, %"), max_digits=4, decimal_places=2)
    delivery_tax = models.DecimalField(_("tax in the delivery"), max_digits=8, decimal_places=2)
    tax = models.DecimalField(_("tax in the total"), max_digits=10, decimal_places=2)
    delivery_refunded = models.DecimalField(_("delivery refunded"), max_digits=8, decimal_places=2, default=money.ZERO)
    terms_accepted_at = models.DateTimeField(_("terms accepted"), default=timezone.now)
    placed_at = models.DateTimeField(_("placed"), auto_now_add=True)

    objects: ClassVar[OrderQuerySet] = OrderQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ["-placed_at", "-pk"]
        indexes = [
            models.Index(fields=["email"], name="orders_order_email"),
            models.Index(fields=["status", "-placed_at"], name="orders_order_status"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(total=F("items_total") + F("delivery_total")), name="orders_order_total_adds_up"
            ),
            models.CheckConstraint(
                condition=Q(items_total__gt=0, delivery_total__gte=0), name="orders_order_totals_positive"
            ),
            models.CheckConstraint(
                condition=Q(delivery="pickup", pickup_branch__isnull=False)
                | (Q(delivery="post", pickup_branch__isnull=True) & ~Q(address="") & ~Q(country="")),
                name="orders_order_has_destination",
            ),
            models.CheckConstraint(
                condition=Q(delivery_days_min__isnull=True, delivery_days_max__isnull=True)
                | Q(
                    delivery_days_min__isnull=False,
                    delivery_days_max__isnull=False,
                    delivery_days_max__gte=F("delivery_days_min"),
                ),
                name="orders_order_days_in_order",
            ),
            models.CheckConstraint(
                condition=Q(delivery_refunded__gte=0, delivery_refunded__lte=F("delivery_total")),
                name="orders_order_delivery_refunded_within_paid",
            ),
            models.CheckConstraint(
                condition=Q(delivery_tax__gte=0, delivery_tax__lte=F("delivery_total"))
                & Q(tax__gte=F("delivery_tax"), tax__lte=F("total")),
                name="orders_order_tax_within_total",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def secret(self) -> str:
        """The part of the order's link that nobody can guess, nor read from the database alone."""
        return Signer(salt=_LINK_SIGNER_SALT).signature(f"{self.code}:{self.link_nonce}")

    def opens_with(self, secret: str) -> bool:
        return constant_time_compare(self.secret, secret)

    @property
    def goes_abroad(self) -> bool:
        return self.delivery == self.Delivery.POST and self.country.code != HOME_COUNTRY

    @property
    def country_name(self) -> str:
        return countries.name(self.country.code)

    @property
    def address_text(self) -> str:
        """“Sınaq küçəsi 1, AZ2000 Gəncə, Azərbaycan”."""
        town = f"{self.postcode} {self.city}".strip()
        return ", ".join(filter(None, (self.address, town, self.country_name)))

    @property
    def days_text(self) -> str:
        """How long it is on the way; empty for pickup, where nothing will come, and where this was not kept yet."""
        if self.status in {self.Status.CANCELLED, self.Status.EXPIRED}:
            return ""
        if self.delivery_days_min is None or self.delivery_days_max is None:
            return ""
        return days_text(self.delivery_days_min, self.delivery_days_max)

    @property
    def delivery_left(self) -> Decimal:
        """What of the delivery's price was not refunded."""
        return self.delivery_total - self.delivery_refunded

    @property
    def parts_packed(self) -> list["Fulfilment"]:
        """The branches' parts of which something goes, or went, to the buyer."""
        parts = self.fulfilments.select_related("branch").prefetch_related("lines__refund_lines__refund")
        return [part for part in parts if part.lines_packed]

    def get_absolute_url(self) -> str:
        """The order page, in the order's language."""
        with translation.override(self.language):
            return reverse("orders:order", args=[self.code, self.secret])

    def move_to(self, status: str, *, actor: User | None = None, **data: Any) -> None:
        """Moves to ``status`` and records it. Call inside a transaction.

        Raises WrongTransition where ``TRANSITIONS`` has no such step from the state found after the lock.
        """
        current = type(self).objects.locked(self.pk).status
        if status not in self.TRANSITIONS[current]:
            raise WrongTransition(f"{self.code}: {current} → {status}")
        self.status = status
        self.save(update_fields=["status"])
        self.record(status, actor=actor, **data)

    def record(self, kind: str, *, actor: User | None = None, **data: Any) -> "OrderEvent":
        return OrderEvent.objects.create(order=self, kind=kind, actor=actor, data=data)


class FulfilmentQuerySet(models.QuerySet["Fulfilment"]):
    def wanted(self) -> "FulfilmentQuerySet":
        """Of which the buyer still gets, or has, something."""
        lines = LineItem.objects.filter(fulfilment=OuterRef("pk"), quantity__gt=F("refunded_quantity"))
        return self.filter(Exists(lines))


class Fulfilment(models.Model):
    """The part of an order that one branch prepares."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="fulfilments", verbose_name=_("order"))
    branch = models.ForeignKey(Branch, models.PROTECT, related_name="fulfilments", verbose_name=_("branch"))
    due_on = models.DateField(_("due"), null=True, blank=True)
    ready_at = models.DateTimeField(_("ready"), null=True, blank=True)
    # At the branch where it is picked up; nothing for parcels.
    arrived_at = models.DateTimeField(_("at the pickup branch"), null=True, blank=True)
    handed_over_at = models.DateTimeField(_("handed over"), null=True, blank=True)
    carrier = models.CharField(_("carrier"), max_length=60, blank=True)
    tracking_number = models.CharField(_("tracking number"), max_length=40, blank=True)
    # As somebody told; for a parcel of which nobody told anything, the day is only reckoned.
    received_on = models.DateField(_("received by the buyer"), null=True, blank=True)
    # As it was told to the buyer, whatever holidays are entered later.
    returnable_until = models.DateField(_("can be returned until"), null=True, blank=True)

    objects: ClassVar[FulfilmentQuerySet] = FulfilmentQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("fulfilment")
        verbose_name_plural = _("fulfilments")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["order", "branch"], name="orders_fulfilment_once_per_branch"),
            models.CheckConstraint(
                condition=Q(handed_over_at__isnull=True, returnable_until__isnull=True, received_on__isnull=True)
                | Q(handed_over_at__isnull=False, returnable_until__isnull=False),
                name="orders_fulfilment_returnable_once_gone",
            ),
        ]
        indexes = [
            models.Index(
                fields=["branch", "due_on"],
                condition=Q(handed_over_at__isnull=True),
                name="orders_fulfilment_to_do",
            )
        ]

    def __str__(self) -> str:
        return f"{self.order} – {self.branch}"

    @property
    def shown_branch(self) -> Branch | None:
        return self.branch if all(line.variant.product.names_branch for line in self.lines.all()) else None

    @property
    def lines_wanted(self) -> list["LineItem"]:
        """Those of which the buyer still gets something."""
        return [line for line in self.lines.all() if line.units_wanted]

    @property
    def lines_packed(self) -> list["LineItem"]:
        """Those of which something goes, or went, to the buyer."""
        return [line for line in self.lines.all() if line.units_packed]


class LineItem(models.Model):
    """One line, with copies of what was sold as it was sold."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="lines", verbose_name=_("order"))
    fulfilment = models.ForeignKey(Fulfilment, models.PROTECT, related_name="lines", verbose_name=_("fulfilment"))
    variant = models.ForeignKey(Variant, models.PROTECT, related_name="line_items", verbose_name=_("variant"))
    name = models.CharField(_("name"), max_length=220, help_text=_("In the order's language."))
    sku = models.CharField(_("SKU"), max_length=40)
    kind = models.CharField(_("kind"), max_length=20, choices=Product.Kind)
    # Days of making; none for what lay on the shelf.
    lead_time_days = models.PositiveSmallIntegerField(_("days to make"), default=0)
    quantity = models.PositiveSmallIntegerField(_("quantity"))
    unit_price = models.DecimalField(_("price"), max_digits=9, decimal_places=2)
    total = models.DecimalField(_("total"), max_digits=10, decimal_places=2)
    tax_class = models.CharField(_("tax class"), max_length=10, choices=TaxClass)
    vat = models.CharField(_("VAT"), max_length=10, choices=Vat)
    tax_rate = models.DecimalField(_("VAT, %"), max_digits=4, decimal_places=2)
    tax = models.DecimalField(_("tax in the total"), max_digits=10, decimal_places=2)
    weight_g = models.PositiveIntegerField(_("weight of one, g"))
    # For the customs, where it goes abroad.
    hs_code = models.CharField(_("customs code (HS)"), max_length=10, blank=True)
    export_permit = models.CharField(_("number of the export permit"), max_length=60, blank=True)
    # A list of the artisan's id and the share in percent, as text.
    shares = models.JSONField(_("makers' shares"), default=list)
    no_return = models.CharField(_("why it is not taken back"), max_length=20, choices=NoReturn, blank=True)
    refunded_quantity = models.PositiveSmallIntegerField(_("refunded"), default=0)
    # In returns that are neither refused nor refunded.
    asked_back_quantity = models.PositiveSmallIntegerField(_("in returns"), default=0)
    restocked_quantity = models.PositiveSmallIntegerField(_("back in stock"), default=0)

    class Meta:
        verbose_name = _("line item")
        verbose_name_plural = _("line items")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="orders_lineitem_quantity_positive"),
            models.CheckConstraint(
                condition=Q(total=F("unit_price") * F("quantity")), name="orders_lineitem_total_adds_up"
            ),
            models.CheckConstraint(
                condition=Q(refunded_quantity__lte=F("quantity")), name="orders_lineitem_refunded_within_sold"
            ),
            models.CheckConstraint(
                condition=Q(asked_back_quantity__lte=F("quantity") - F("refunded_quantity")),
                name="orders_lineitem_asked_back_within_sold",
            ),
            models.CheckConstraint(
                condition=Q(restocked_quantity__lte=F("quantity")), name="orders_lineitem_restocked_within_sold"
            ),
            models.CheckConstraint(
                condition=Q(tax__gte=0, tax__lte=F("total")), name="orders_lineitem_tax_within_total"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.name}"

    @property
    def is_counted(self) -> bool:
        """Whether it came from a shelf when it was sold, whatever its product is by now."""
        return self.kind != Product.Kind.MADE_TO_ORDER

    @property
    def unshelved_quantity(self) -> int:
        """Units that are not back on the shelf; what is made to order has none."""
        return self.quantity - self.restocked_quantity if self.is_counted else 0

    @property
    def shelvable_quantity(self) -> int:
        """Units that can go back on the shelf now: of what the buyer is still to get, none."""
        is_to_come = self.order.status == Order.Status.PAID and self.fulfilment.handed_over_at is None
        return max(self.unshelved_quantity - (self.units_wanted if is_to_come else 0), 0)

    @property
    def left_quantity(self) -> int:
        """Units that were neither refunded nor are asked back."""
        return self.quantity - self.refunded_quantity - self.asked_back_quantity

    @property
    def units_wanted(self) -> int:
        """How many of it the buyer still gets."""
        return self.quantity - self.refunded_quantity

    @property
    def units_packed(self) -> int:
        """How many of it go, or went, to the buyer: what was refunded after it had left, left all the same."""
        left_at = self.fulfilment.handed_over_at
        if left_at is None or not self.refunded_quantity:
            return self.units_wanted
        return self.quantity - sum(row.quantity for row in self.refund_lines.all() if row.refund.created_at < left_at)

    @property
    def units_given_back(self) -> int:
        """How many of those the money went back for, once they had left."""
        return self.units_packed - self.units_wanted


class OrderEvent(models.Model):
    """What happened, in order. Only ever inserted; a trigger refuses anything else."""

    class Kind(models.TextChoices):
        PLACED = "placed", _("placed")
        PAYMENT_STARTED = "payment_started", _("payment begun")
        PAYMENT_FAILED = "payment_failed", _("payment failed")
        PAID = "paid", _("paid")
        READY = "ready", _("packed")
        ARRIVED = "arrived", _("arrived at the pickup branch")
        PUT_BACK = "put_back", _("unpacked, and put back in its place")
        SHIPPED = "shipped", _("sent")
        HANDED_OVER = "handed_over", _("handed over")
        NUMBER_CORRECTED = "number_corrected", _("tracking number corrected")
        DELIVERED = "delivered", _("received by the buyer")
        COMPLETED = "completed", _("completed")
        CANCELLED = "cancelled", _("cancelled")
        EXPIRED = "expired", _("expired")
        PAID_TOO_LATE = "paid_too_late", _("paid when the piece was gone")
        PAID_CANCELLED = "paid_cancelled", _("paid after the order was cancelled")
        PAID_TWICE = "paid_twice", _("paid once more")
        PAID_AND_BACK = "paid_and_back", _("paid, and given back at the payment provider")
        REFUND_DECIDED = "refund_decided", _("refund decided")
        REFUNDED = "refunded", _("refunded")
        REFUND_FAILED = "refund_failed", _("refund failed")
        REFUND_TRIED = "refund_tried", _("refund tried again")
        RESTOCKED = "restocked", _("back in stock")
        WRONG_AMOUNT = "wrong_amount", _("another amount was paid")
        OTHER_SUM = "other_sum", _("another sum than the price came, and was not booked")
        SUM_TAKEN_BACK = "sum_taken_back", _("the sum that was typed did not come")
        DISPUTED = "disputed", _("payment disputed at the buyer's bank")
        DISPUTE_CLOSED = "dispute_closed", _("dispute ended")
        RETURN_ASKED = "return_asked", _("return asked for")
        RETURN_ACCEPTED = "return_accepted", _("return accepted")
        RETURN_REFUSED = "return_refused", _("return refused")
        RETURN_RECEIVED = "return_received", _("returned pieces received")
        RETURN_CLOSED = "return_closed", _("return closed without money")

    order = models.ForeignKey(Order, models.PROTECT, related_name="events", verbose_name=_("order"))
    kind = models.CharField(pgettext_lazy("an event", "what"), max_length=20, choices=Kind)
    at = models.DateTimeField(_("when"), auto_now_add=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("who"),
    )
    data = models.JSONField(_("details"), default=dict, blank=True)

    class Meta:
        verbose_name = _("order event")
        verbose_name_plural = _("order events")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.get_kind_display()


# Of the bank account, the last of a payment holds.
SUMS_TYPED = frozenset({OrderEvent.Kind.OTHER_SUM, OrderEvent.Kind.SUM_TAKEN_BACK})


class OrderMail(Mail):
    """One mail of an order."""

    class Kind(models.TextChoices):
        RECEIVED = "received", _("order received")
        PAID = "paid", _("payment received")
        READY = "ready", _("ready for pickup")
        SHIPPED = "shipped", _("parcel sent")
        NUMBER_CORRECTED = "number_corrected", _("tracking number corrected")
        UNCLAIMED = "unclaimed", _("still waits to be picked up")
        HANDED_OVER = "handed_over", _("handed over")
        CANCELLED = "cancelled", _("order cancelled")
        EXPIRED = "expired", _("order expired")
        PAID_TOO_LATE = "paid_too_late", _("refunded: paid too late")
        REFUNDED = "refunded", _("money given back")
        CAME_BACK = "came_back", _("money given back has not arrived")
        REMINDER = "reminder", _("reminder to pay")
        PAID_SHORT = "paid_short", _("less than the price came")
        SUM_TAKEN_BACK = "sum_taken_back", _("the part of the price had not come")
        RETURN_ASKED = "return_asked", _("return asked for")
        RETURN_ACCEPTED = "return_accepted", _("return accepted")
        RETURN_REFUSED = "return_refused", _("return refused")
        RETURN_RECEIVED = "return_received", _("returned pieces received")
        RETURN_CLOSED = "return_closed", _("return closed without money")
        RECEIPT = "receipt", _("receipt for the VAT refund")

    order = models.ForeignKey(Order, models.CASCADE, related_name="mails", verbose_name=_("order"))
    kind = models.CharField(_("mail"), max_length=20, choices=Kind)
    # Which refund, part, return or event it is about, where an order can have several.
    about = models.CharField(_("about"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("mail")
        verbose_name_plural = _("mails")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["order", "kind", "about"], name="orders_ordermail_once")]

    def __str__(self) -> str:
        return self.get_kind_display()
