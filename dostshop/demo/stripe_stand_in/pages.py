"""The page on which the buyer pays, as Stripe would host it: here every card is made of paper.

A page never writes; its forms post, and the buyer is sent on. The session's language is the page's; ``auto`` is
what the shop asks for in Azerbaijani, which Stripe does not speak and this page does.
"""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dostshop import money
from dostshop.demo.stand_in import cards, pages
from dostshop.demo.stand_in.pages import Page, SentOn
from dostshop.demo.stripe_stand_in.account import Account, Stored
from dostshop.demo.stripe_stand_in.parameters import Refused

LANGUAGES = {"ru": "ru", "en": "en"}
OTHER_LANGUAGE = "az"


CARDS = [
    cards.PAYS,
    cards.Card("second-step", "4000 0025 0000 3155", _("A card whose bank asks you to confirm")),
    cards.DECLINED,
    cards.NO_MONEY,
]
DECLINES = {"declined": "card_declined", "no-money": "insufficient_funds"}
REASONS: dict[str, Promise] = {
    "card_declined": _("The bank declined this card. Nothing was taken. Please choose another card."),
    "insufficient_funds": _("There is not enough money on this card. Nothing was taken. Please choose another card."),
    "authentication_required": _("You did not confirm the payment at your bank. Nothing was taken."),
}


def show(account: Account, session_id: str, *, step: str = "") -> Page | SentOn:
    """The payment page, or its second step. An address that no session has is a page too, with status 404."""
    session = _found(account, session_id)
    if session is None:
        return pages.unknown(OTHER_LANGUAGE)
    intent = account.intents.get(session["payment_intent"] or "")
    is_waiting = bool(intent and intent["status"] == "requires_action")
    if step and not is_waiting:
        return SentOn(_path(session))
    template = "closed.html" if session["status"] != "open" else "confirm.html" if step else "pay.html"
    error = (intent or {}).get("last_payment_error") or {}
    context = {
        "session": session,
        "lines": [_line(line) for line in account.details[session_id]["lines"]],
        "total": money.from_minor_units(session["amount_total"]),
        "cards": CARDS,
        "error": REASONS.get(error.get("code", "")),
    }
    html = pages.rendered(f"stripe/{template}", _language(session), context)
    return Page(200, html, leads_to=pages.origin_of(session["success_url"]))


def pay(account: Account, session_id: str, form: Mapping[str, Any]) -> Page | SentOn:
    """The buyer chose a card and pressed “Pay”."""
    with account.lock:
        session = _found(account, session_id)
        if session is None or session["status"] != "open":
            return show(account, session_id)
        chosen = form.get("card", "")
        if chosen == "pays":
            return _paid(account, session)
        if chosen == "second-step":
            account.ask_second_step(session)
            account.save()
            return SentOn(f"{_path(session)}/confirm")
        if chosen in DECLINES:
            account.decline(session, code=DECLINES[chosen])
            account.save()
        return SentOn(_path(session))


def confirm(account: Account, session_id: str, form: Mapping[str, Any]) -> Page | SentOn:
    """The buyer answered the bank's question."""
    with account.lock:
        session = _found(account, session_id)
        if session is None or session["status"] != "open":
            return show(account, session_id)
        if account.intent_of(session)["status"] != "requires_action":
            return SentOn(_path(session))
        if form.get("answer") == "yes":
            return _paid(account, session)
        account.decline(session, code="authentication_required")
        account.save()
        return SentOn(_path(session))


def _paid(account: Account, session: Stored) -> SentOn:
    account.pay(session)
    account.save()
    return SentOn(session["success_url"])


def _found(account: Account, session_id: str) -> Stored | None:
    try:
        return account.session(session_id)
    except Refused:
        return None


def _path(session: Stored) -> str:
    return f"/pay/{session['id']}"


def _line(line: Stored) -> dict[str, Any]:
    price = money.from_minor_units(line["price_data"]["unit_amount"])
    name = line["price_data"]["product_data"]["name"]
    return {"name": name, "quantity": line["quantity"], "total": price * line["quantity"]}


def _language(session: Stored) -> str:
    return LANGUAGES.get(session["locale"] or "", OTHER_LANGUAGE)
