"""The page on which the buyer pays, as Epoint would host it. A page never writes; its form posts."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from dostshop.demo.epoint_stand_in.account import Account, Stored
from dostshop.demo.stand_in import cards, pages
from dostshop.demo.stand_in.pages import Page, SentOn

CARDS = [cards.PAYS, cards.DECLINED, cards.NO_MONEY]
OTHER_LANGUAGE = "az"


def show(account: Account, transaction: str) -> Page:
    payment = account.payments.get(transaction)
    if payment is None:
        return pages.unknown(OTHER_LANGUAGE)
    template = "pay.html" if payment["status"] == "new" else "closed.html"
    context = {"payment": payment, "total": Decimal(payment["amount"]), "cards": CARDS}
    html = pages.rendered(f"epoint/{template}", payment["language"], context)
    return Page(200, html, leads_to=pages.origin_of(payment["success_redirect_url"]))


def pay(account: Account, transaction: str, form: Mapping[str, Any]) -> Page | SentOn:
    """The buyer chose a card and pressed “Pay”; a card that is declined ends the payment."""
    with account.lock:
        payment = account.payments.get(transaction)
        chosen = form.get("card", "")
        if payment is None or payment["status"] != "new" or chosen not in {card.key for card in CARDS}:
            return show(account, transaction)
        return _ended(account, payment, chosen)


def _ended(account: Account, payment: Stored, chosen: str) -> SentOn:
    is_paid = chosen == cards.PAYS.key
    if is_paid:
        account.pay(payment)
    else:
        account.decline(payment, outcome=chosen)
    account.save()
    return SentOn(payment["success_redirect_url" if is_paid else "error_redirect_url"])
