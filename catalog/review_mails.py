"""Mails of the review: to whoever sent a piece, about what comes of it; to the Centre, each morning, about what waits.

Promises: a mail's row and its task are written in the transaction of the step that it tells about, and it goes once
(see ``dostshop/mailing.py``). Nobody is told of a step of their own. A mail goes while its step is the product's last
one and the reader still works for its branch; of a publishing that lies ahead the reader hears at once, and again when
the piece is shown. Each reader gets the language of the last step that they took.
"""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.urls import reverse
from django.utils import timezone, translation
from procrastinate.contrib.django import app

from catalog.models import Product, ProductEvent, ProductQuerySet, ReviewMail
from dostshop import mailing
from dostshop.accounts.models import Role, User, branches_worked_on_by
from dostshop.background import failed, subjects
from dostshop.locks import outside_transactions

Kind = ReviewMail.Kind
# What ends that somebody waits for an answer.
ROUND = (ProductEvent.Kind.SUBMITTED, ProductEvent.Kind.TAKEN_BACK, ProductEvent.Kind.ARCHIVED)
MAILS = {
    ProductEvent.Kind.CHANGES_ASKED: (Kind.CHANGES_ASKED,),
    ProductEvent.Kind.APPROVED: (Kind.APPROVED,),
    ProductEvent.Kind.SCHEDULED: (Kind.SCHEDULED, Kind.PUBLISHED),
    ProductEvent.Kind.PUBLISHED: (Kind.PUBLISHED,),
}
# Who approves a piece often publishes it at once, and that mail says all.
BEFORE_APPROVED = timedelta(minutes=10)
# By every machine's clock it is shown by then.
AFTER_SHOWN = timedelta(minutes=1)
MOST_LISTED = 20


def enqueue(step: ProductEvent, product: Product) -> None:
    """What this step, just written, tells whoever sent the product for review. Call with the product locked."""
    began = ProductEvent.objects.filter(product=product, kind__in=ROUND).last()
    is_answer = began is not None and began.kind == ProductEvent.Kind.SUBMITTED
    if not (began and is_answer and began.actor_id) or began.actor_id == step.actor_id:
        return
    for kind in MAILS.get(ProductEvent.Kind(step.kind), ()):
        mail = ReviewMail.objects.create(recipient_id=began.actor_id, kind=kind, step=step)
        _send_later(mail, due=_due(kind, product))


def _due(kind: Kind, product: Product) -> datetime | None:
    if kind == Kind.APPROVED:
        return timezone.now() + BEFORE_APPROVED
    return product.published_at + AFTER_SHOWN if kind == Kind.PUBLISHED and product.published_at else None


@app.periodic(cron="5 5 * * *")
@app.task(name="catalog.tell_what_waits", queueing_lock="catalog.tell_what_waits", pass_context=False)
def tell_what_waits(timestamp: int) -> None:
    """Every morning, in Baku at 9:05, where something waits: one mail to each of those who may decide."""
    if not waiting().exists():
        return
    for user in User.objects.filter(memberships__role=Role.CENTRE_STAFF, is_active=True).order_by("pk"):
        with transaction.atomic():
            mail, is_new = ReviewMail.objects.get_or_create(
                recipient=user, kind=Kind.WAITING, step=None, day=timezone.localdate()
            )
            if is_new:
                _send_later(mail)


def waiting() -> ProductQuerySet:
    """Products that somebody has to decide on, with ``sent_at``, the longest wait first."""
    sent = ProductEvent.objects.filter(product=OuterRef("pk"), kind=ProductEvent.Kind.SUBMITTED).order_by("-pk")
    submitted = Product.objects.filter(state=Product.State.SUBMITTED)
    return submitted.annotate(sent_at=Subquery(sent.values("at")[:1])).order_by("sent_at", "pk")


def _send_later(mail: ReviewMail, *, due: datetime | None = None) -> None:
    # The lock keeps a second worker from sending the same mail at the same time.
    send.configure(lock=f"review-mail-{mail.pk}", schedule_at=due).defer(review_mail_pk=mail.pk)


@app.task(name="catalog.send_mail", retry=mailing.AGAIN_UNLESS_A_PERSON_DECIDES)
@outside_transactions
def send(review_mail_pk: int) -> None:
    """Sends the mail, unless it was sent. Raises MayHaveGone until a person has the task run again, NoSuchAddress."""
    mail = ReviewMail.objects.select_related("recipient", "step__product__craft").get(pk=review_mail_pk)
    if mail.sent_at is None and _still_holds(mail):
        mailing.send(mail, compose(mail))


@failed.before_running_again(send.name)
def let_go_again(review_mail_pk: int) -> None:
    mailing.let_go_again(ReviewMail.objects.filter(pk=review_mail_pk))


def _still_holds(mail: ReviewMail) -> bool:
    if mail.step is None:
        return mail.recipient.has_role(Role.CENTRE_STAFF) and waiting().exists()
    product = mail.step.product
    if mail.step != product.events.last() or not _works_on(mail.recipient, product):
        return False
    if mail.kind == Kind.PUBLISHED:
        return product.is_in_shop
    return mail.kind != Kind.SCHEDULED or product.is_to_come


def _works_on(user: User, product: Product) -> bool:
    branches = branches_worked_on_by(user) if user.is_active else []
    return branches is None or product.branch_id in branches


def language_of(user: User) -> str:
    """The one in which this person took a step last; Azerbaijani where there was none."""
    steps = ProductEvent.objects.filter(actor=user).exclude(language="").order_by("-pk")
    return steps.values_list("language", flat=True).first() or settings.LANGUAGE_CODE


def compose(mail: ReviewMail) -> EmailMultiAlternatives:
    """The mail as text and HTML."""
    with translation.override(language_of(mail.recipient)):
        context = _about_step(mail.step) if mail.step else _about_what_waits()
        name = f"review-{mail.pk}-{mail.kind}"
        context["recipient"] = mail.recipient
        return mailing.composed(f"emails/review/{mail.kind}", context, to=mail.recipient.email, name=name)


def _about_step(step: ProductEvent) -> dict[str, Any]:
    product = step.product
    return {
        "product": product,
        "reason": step.reason,
        "studio_url": settings.SITE_URL + reverse("studio:piece", args=[product.code.lower()]),
        "shop_url": settings.SITE_URL + product.get_absolute_url() if product.slug else "",
    }


def _about_what_waits() -> dict[str, Any]:
    products = waiting().select_related("craft", "branch")
    query = {"state": Product.State.SUBMITTED}
    return {
        "count": products.count(),
        "products": products[:MOST_LISTED],
        "admin_url": settings.SITE_URL + reverse("admin:catalog_product_changelist", query=query),
    }


def _named(pks: set[Any]) -> dict[int, str]:
    found = ReviewMail.objects.filter(pk__in=pks).select_related("step__product__craft")
    return {mail.pk: f"{mail.step.product.code}: {mail}" if mail.step else str(mail) for mail in found}


subjects.named_by("review_mail_pk", _named)
