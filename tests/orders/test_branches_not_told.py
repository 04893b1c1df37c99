"""A piece that a minor had a hand in, shown or not: neither the order's page nor its mails tell where it comes from."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from artisans.models import Branch
from orders import fulfilment
from orders.models import Order, OrderMail
from tests.catalog.test_makers_shown import main_of
from tests.factories import ArtisanFactory, bag_with, made_by, piece, worker
from tests.orders.test_emails import read
from tests.orders.test_work_pages import by_post

pytestmark = pytest.mark.django_db

BARDA = ("Bərdə", "Барда")
LANGUAGES = ("az", "ru", "en")


def sent(*, of_minor: bool) -> Order:
    """Two parcels, of which the one from Bərdə has a piece whose maker is fifteen; one of them is on its way."""
    born = timezone.localdate() - timedelta(days=(15 if of_minor else 19) * 366)
    maker = ArtisanFactory.create(display_name_az="Sərçə", private__birth_date=born, agreed=())
    Branch.objects.filter(slug="barda").update(phone="+994222022222", email="barda@example.com")
    theirs = piece(branch=Branch.objects.get(slug="barda"))
    made_by(theirs.product, maker)
    order = by_post(bag_with(theirs, piece()))
    first, second = order.fulfilments.order_by("-branch__slug")
    assert first.branch.slug == "barda"
    for part in (first, second):
        fulfilment.ship(part.pk, carrier="Azərpoçt", tracking_number="RR1", actor=worker())
        fulfilment.correct_number(part.pk, carrier="Azərpoçt", tracking_number="RR2", actor=worker())
    return order


def told(client: Client, order: Order) -> str:
    """All that the buyer reads, in every language, without what stands on every page."""
    texts = []
    for language in LANGUAGES:
        order.language = language
        texts.append(main_of(client.get(order.get_absolute_url()).content.decode()))
        for letter in order.mails.all():
            letter.order.language = language
            texts += read(letter)
    return "\n".join(texts)


def test_nothing_that_the_buyer_reads_names_the_branch(client: Client) -> None:
    order = sent(of_minor=True)
    kinds = set(order.mails.values_list("kind", flat=True))
    assert {OrderMail.Kind.SHIPPED, OrderMail.Kind.NUMBER_CORRECTED} <= kinds
    texts = told(client, order)
    for name in (*BARDA, "Barda", "barda@", "22 202 22 22", "22\u00a0202\u00a022\u00a022"):
        assert name not in texts, name
    assert "Sərçə" not in texts
    assert "We sent a parcel:" in texts


def test_elsewhere_the_branch_is_told(client: Client) -> None:
    texts = told(client, sent(of_minor=False))
    for name in BARDA:
        assert name in texts
