"""Paying by a transfer to the Centre's bank account, which staff see on its statement.

The order's code is the purpose of the payment; that is how the money finds its order. Never a card number: transfers
from card to card are no way to pay a shop here.
"""

from datetime import datetime

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dostshop import money
from orders.models import Order, Payment
from orders.providers import Purchase
from orders.providers.by_hand import ByHand
from orders.working_days import calendar_of

# Working days of the Centre until the money has to be there.
DAYS_TO_PAY = 5
# A transfer that is sent on the morning of the reminder still comes in time.
DAYS_LEFT_AT_REMINDER = 2


class BankTransfer(ByHand):
    title = _("bank transfer")
    choice = _("By bank transfer")
    pay_now = ""
    choice_note = _("You send the money from your bank within five working days. We prepare the order when it comes.")

    def is_configured(self) -> bool:
        return bool(settings.BANK_IBAN)

    def why_not(self, purchase: Purchase) -> str:
        return ""

    def instructions(self, payment: Payment) -> list[str]:
        """With the sum as banks write it, in mails too."""
        send = gettext("Send %(sum)s from your bank. We keep the pieces for you until %(date)s.")
        send_the_rest = gettext(
            "%(came)s came, and the order costs %(price)s. Send the rest, %(sum)s, from your bank. We keep the pieces "
            "for you until %(date)s."
        )
        sums = {
            "sum": money.text_for_mail(payment.missing),
            "price": money.text_for_mail(payment.amount),
            "came": money.text_for_mail(payment.amount - payment.missing),
            "date": date_format(timezone.localtime(payment.expires_at), "j E (l), H:i"),
        }
        return [
            (send if payment.missing == payment.amount else send_the_rest) % sums,
            gettext("Write only the order code as the purpose of the payment: it tells us whose money it is."),
            gettext("A transfer can take a working day. We write to you when the money has come."),
        ]

    def details(self, payment: Payment) -> list[tuple[str, str]]:
        named = [
            (gettext("Recipient"), settings.BANK_ACCOUNT_NAME),
            (gettext("VÖEN of the recipient"), settings.SELLER_VOEN),
            (gettext("IBAN"), in_groups(settings.BANK_IBAN)),
            (gettext("Bank"), settings.BANK_NAME),
            (gettext("Code of the bank"), settings.BANK_CODE),
            (gettext("VÖEN of the bank"), settings.BANK_VOEN),
            (gettext("Correspondent account"), in_groups(settings.BANK_CORRESPONDENT_ACCOUNT)),
            (gettext("SWIFT"), settings.BANK_SWIFT),
            (gettext("Sum"), money.text_for_mail(payment.missing)),
            (gettext("Purpose of the payment"), payment.order.code),
        ]
        return [(name, value) for name, value in named if value]

    def pay_until(self, order: Order, now: datetime) -> datetime:
        """Until the Centre closes on the last of the days."""
        calendar = calendar_of(None)
        last_day = calendar.add_working_days(timezone.localdate(now), DAYS_TO_PAY)
        return calendar.closing(last_day) or now

    def remind_at(self, payment: Payment) -> datetime | None:
        """In the morning of a working day on which there is still time to send the money."""
        calendar = calendar_of(None)
        begun_on = timezone.localdate(payment.created_at)
        day = calendar.add_working_days(begun_on, DAYS_TO_PAY - DAYS_LEFT_AT_REMINDER)
        return min((opens for opens, _closes in calendar.hours(day)), default=None)


def in_groups(account: str) -> str:
    """As banks print it: in groups of four."""
    return " ".join(account[start : start + 4] for start in range(0, len(account), 4))
