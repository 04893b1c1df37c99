"""Parcels on the branches' pages: sent with a number, corrected, received."""

import pytest
from django.test import Client
from django.utils import timezone

from orders import fulfilment
from orders.models import Order
from tests.factories import worker
from tests.orders.test_work_pages import parcel, text

pytestmark = pytest.mark.django_db


def test_a_parcel_is_sent_with_its_number_and_the_buyer_hears_once(baku: Client) -> None:
    part = parcel()
    address = f"/en/staff/parts/{part.pk}/"
    baku.post(f"{address}ready/")
    page = baku.post(
        f"{address}ship/", {"carrier": "Azərpoçt", "tracking_number": " rr123 456789az "}, follow=True
    ).content.decode()
    assert "Marked as sent" in page
    part.refresh_from_db()
    assert (part.carrier, part.tracking_number) == ("Azərpoçt", "RR123 456789AZ")
    assert part.order.status == Order.Status.COMPLETED
    assert list(part.order.mails.filter(kind="shipped").values_list("about", flat=True)) == [f"part-{part.pk}"]
    shown = text(Client(), part.order.get_absolute_url())
    assert "RR123 456789AZ" in shown
    again = baku.post(f"{address}ship/", {"carrier": "X", "tracking_number": "Y1"}, follow=True).content.decode()
    assert "was handed over already" in again
    part.refresh_from_db()
    assert part.tracking_number == "RR123 456789AZ"
    assert part.order.mails.filter(kind="shipped").count() == 1


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"tracking_number": "9" * 10_000}, "at most 40 characters; this has 10000"),
        ({"tracking_number": "9" * 41}, "at most 40 characters; this has 41"),
        ({"tracking_number": "<script>"}, "Latin letters, digits, spaces and dashes only"),
        ({"tracking_number": "РР123"}, "Latin letters, digits, spaces and dashes only"),
        ({"tracking_number": "RR\x00"}, "Null characters are not allowed"),
        ({"carrier": " "}, "Say who carries the parcel"),
        ({"carrier": "A" * 61}, "at most 60 characters"),
    ],
)
def test_a_wrong_tracking_number_changes_nothing(baku: Client, sent: dict[str, str], sentence: str) -> None:
    part = parcel()
    fulfilment.mark_ready(part.pk, actor=worker())
    events = part.order.events.count()
    data = {"carrier": "Azərpoçt", "tracking_number": "RR1", **sent}
    page = baku.post(f"/en/staff/parts/{part.pk}/ship/", data)
    assert page.status_code == 200
    assert sentence in " ".join(page.content.decode().split())
    part.refresh_from_db()
    assert (part.carrier, part.tracking_number, part.handed_over_at) == ("", "", None)
    assert part.order.events.count() == events


def test_a_parcel_abroad_leaves_with_a_number_only(baku: Client) -> None:
    part = parcel()
    fulfilment.mark_ready(part.pk, actor=worker())
    Order.objects.filter(pk=part.order_id).update(country="DE")
    typed = {"carrier": "Azərpoçt", "tracking_number": " "}
    page = baku.post(f"/en/staff/parts/{part.pk}/ship/", typed).content.decode()
    assert "Abroad a parcel goes with a number only" in page
    part.refresh_from_db()
    assert part.handed_over_at is None
    Order.objects.filter(pk=part.order_id).update(country="AZ")
    assert "A courier may have none." in text(baku, f"/en/staff/parts/{part.pk}/")
    baku.post(f"/en/staff/parts/{part.pk}/ship/", typed)
    part.refresh_from_db()
    assert part.handed_over_at is not None


def test_a_parcel_whose_number_was_promised_does_not_leave_without(baku: Client) -> None:
    part = parcel()
    Order.objects.filter(pk=part.order_id).update(has_tracking=True)
    address = f"/en/staff/parts/{part.pk}/"
    assert "A courier may have none." not in text(baku, address)
    page = baku.post(f"{address}ship/", {"carrier": "Azərpoçt", "tracking_number": ""}).content.decode()
    assert "The buyer was promised a tracking number: type the one on the receipt." in page
    part.refresh_from_db()
    assert part.handed_over_at is None


def test_a_number_is_corrected_and_a_receipt_written_down(baku: Client, barda: Client) -> None:
    part = parcel()
    fulfilment.ship(part.pk, carrier="Azərpoçt", tracking_number="RR1", actor=worker())
    address, today = f"/en/staff/parts/{part.pk}/", timezone.localdate()
    assert "Correct the carrier or the number" in text(baku, address)
    page = baku.post(f"{address}number/", {"carrier": "Azərpoçt", "tracking_number": "rr2"}, follow=True)
    assert "Corrected; the buyer gets a mail." in page.content.decode()
    wrong = baku.post(f"{address}number/", {"carrier": "", "tracking_number": "<"})
    assert "error-summary" in wrong.content.decode()
    for day, sentence in [("", "Say on which day"), ("soon", "This is not a day"), ("2020-01-02", "A parcel comes on")]:
        said = baku.post(f"{address}received/", {"day": day}, follow=True).content.decode()
        assert sentence in said, day
        assert f'value="{day}"' in said or not day
        assert "field--invalid" in said
        assert '<details class="confirm" open>' in said
    assert "written down" in baku.post(f"{address}received/", {"day": today.isoformat()}, follow=True).content.decode()
    part.refresh_from_db()
    assert (part.tracking_number, part.received_on) == ("RR2", today)
    assert "RR2" in text(Client(), part.order.get_absolute_url())
    for step in ("number", "received"):
        assert barda.post(f"{address}{step}/").status_code == 404
        assert baku.get(f"{address}{step}/").status_code == 405
