"""Branch staff see their branch alone; what belongs to another is not found, whatever the address."""

import pytest
from django.test import Client
from django.urls import reverse

from artisans.models import Branch
from dostshop.accounts.models import Role
from orders import fulfilment, payments
from orders.models import Bag, Order, Stock
from tests.admin.conftest import BRANCH_WORK, english, signed_in, staff
from tests.factories import ArtisanFactory, BranchFactory, bag_with, order_of, piece, worker
from tests.orders.test_work_pages import parcel


@pytest.fixture
def order(db: None) -> Order:
    """Of a piece that is kept in Baku, and picked up there."""
    return order_of(piece(), provider="branch")


def rows(client: Client, name: str) -> list[object]:
    page = client.get(reverse(f"admin:{name}_changelist"))
    return list(page.context["cl"].result_list)


def test_lists_hold_the_rows_of_ones_own_branch(order: Order, baku_staff: Client, barda_staff: Client) -> None:
    variant = order.lines.get().variant
    artisan = ArtisanFactory.create()
    hold = order.holds.get()
    branch = Branch.objects.get(slug="baku")
    shown = {
        "orders_order": order,
        "orders_hold": hold,
        "catalog_variant": variant,
        "catalog_product": variant.product,
        "artisans_artisan": artisan,
        "artisans_branch": branch,
    }
    for name, row in shown.items():
        assert rows(baku_staff, name) == [row], name
        assert row not in rows(barda_staff, name), name


def test_an_order_of_two_branches_is_one_row_for_both(baku_staff: Client, barda_staff: Client) -> None:
    barda = BranchFactory.create(slug="barda")
    order = order_of(piece(), piece(branch=barda), provider="branch")
    assert rows(baku_staff, "orders_order") == [order]
    assert rows(barda_staff, "orders_order") == [order]


def test_the_centre_sees_every_branch(order: Order, centre_staff: Client, administrator: Client) -> None:
    for client in (centre_staff, administrator):
        assert rows(client, "orders_order") == [order]
        assert len(rows(client, "artisans_branch")) == 3


def test_pages_of_another_branch_are_not_found(order: Order, baku_staff: Client, barda_staff: Client) -> None:
    variant = order.lines.get().variant
    pages = [
        reverse("admin:orders_order_change", args=[order.pk]),
        reverse("admin:catalog_product_change", args=[variant.product.pk]),
        reverse("admin:catalog_variant_change", args=[variant.pk]),
    ]
    for page in pages:
        assert baku_staff.get(page).status_code == 200, page
        # Django's way to say that there is no such row: back to the start, with a message.
        assert barda_staff.get(page).headers["Location"] == reverse("admin:index"), page


@pytest.mark.parametrize("step", ["mark_paid", "mark_ready", "hand_over", "cancel"])
def test_no_step_of_another_branchs_order_can_be_taken(order: Order, barda_staff: Client, step: str) -> None:
    url = reverse(f"admin:orders_order_{step}", args=[order.pk])
    events = order.events.count()
    assert barda_staff.post(url, {"_form_submitted": "on"}).status_code == 404
    data = {"action": f"{step}_chosen", "_selected_action": [order.pk]}
    barda_staff.post(reverse("admin:orders_order_changelist"), data)
    order.refresh_from_db()
    assert order.status == Order.Status.AWAITING_PAYMENT
    assert order.events.count() == events


def test_no_pieces_of_another_branch_can_be_received(order: Order, barda_staff: Client) -> None:
    variant = order.lines.get().variant
    url = reverse("admin:catalog_variant_receive", args=[variant.pk])
    assert barda_staff.post(url, {"_form_submitted": "on", "quantity": 5}).status_code == 404
    assert Stock.objects.get(variant=variant).on_hand == 1


def test_a_branch_marks_its_own_part_ready_and_leaves_the_others(baku_staff: Client) -> None:
    barda = BranchFactory.create(slug="barda")
    order = order_of(piece(), piece(branch=barda), provider="branch")
    baku_staff.post(reverse("admin:orders_order_mark_ready", args=[order.pk]), {"_form_submitted": "on"})
    assert order.fulfilments.get(branch__slug="baku").ready_at is not None
    assert order.fulfilments.get(branch=barda).ready_at is None


def test_a_branch_that_only_hands_over_is_told_who_prepares(baku_staff: Client) -> None:
    """Picked up in Baku, and prepared in Bərdə alone."""
    order = order_of(piece(branch__slug="barda"), provider="branch")
    url = english("orders_order_mark_ready", order.pk)
    page = baku_staff.post(url, {"_form_submitted": "on"}, follow=True)
    assert "Another branch prepares this order." in page.content.decode()
    assert order.fulfilments.get().ready_at is None


def test_the_branch_of_the_pickup_hands_over_what_has_arrived_there(baku_staff: Client, barda_staff: Client) -> None:
    order = order_of(piece(branch__slug="barda"), piece(branch__slug="quba"), provider="branch")
    payments.mark_paid(order.pk, actor=worker())
    first, second = order.fulfilments.order_by("branch__slug")
    hand_over = english("orders_order_hand_over", order.pk)
    barda_staff.post(reverse("admin:orders_order_mark_ready", args=[order.pk]), {"_form_submitted": "on"})
    # Packed in Bərdə is not here.
    page = baku_staff.post(hand_over, {"_form_submitted": "on"}, follow=True)
    assert "have not arrived yet" in page.content.decode()
    assert not order.fulfilments.exclude(handed_over_at=None).exists()

    fulfilment.mark_arrived(first.pk, actor=worker())
    baku_staff.post(hand_over, {"_form_submitted": "on", "code": str(order.pickup_code)})
    assert order.fulfilments.get(pk=first.pk).handed_over_at is not None
    assert order.fulfilments.get(pk=second.pk).handed_over_at is None

    fulfilment.mark_ready(second.pk, actor=worker())
    fulfilment.mark_arrived(second.pk, actor=worker())
    baku_staff.post(hand_over, {"_form_submitted": "on", "code": str(order.pickup_code)})
    order.refresh_from_db()
    assert order.status == Order.Status.COMPLETED


def test_who_prepares_does_not_hand_over_what_is_picked_up_elsewhere(barda_staff: Client) -> None:
    order = order_of(piece(), piece(branch__slug="barda"), provider="branch")
    payments.mark_paid(order.pk, actor=worker())
    for part in order.fulfilments.all():
        fulfilment.mark_ready(part.pk, actor=worker())
    url = english("orders_order_hand_over", order.pk)
    page = barda_staff.post(url, {"_form_submitted": "on"}, follow=True).content.decode()
    assert "is picked up at another branch" in page
    assert not order.fulfilments.exclude(handed_over_at=None).exists()
    assert "Mark as handed over" not in barda_staff.get(english("orders_order_change", order.pk)).content.decode()


def test_the_work_list_is_linked_for_who_may_open_it(
    baku_staff: Client, barda_staff: Client, centre_staff: Client
) -> None:
    order = order_of(piece(branch__slug="barda"), piece(branch__slug="quba"), provider="branch")
    onlooker = signed_in(staff(Role.ACCOUNTANT, "view_order"))
    for client, most in ((baku_staff, 2), (barda_staff, 1), (centre_staff, 2), (onlooker, 0)):
        page = client.get(english("orders_order_change", order.pk)).content.decode()
        linked = [part.pk for part in order.fulfilments.all() if reverse("work:part", args=[part.pk]) in page]
        assert len(linked) == most
        for pk in linked:
            assert client.get(reverse("work:part", args=[pk])).status_code == 200


def test_parcels_leave_with_their_number_alone(centre_staff: Client, baku_staff: Client) -> None:
    part = parcel()
    fulfilment.mark_ready(part.pk, actor=worker())
    for client in (centre_staff, baku_staff):
        url = english("orders_order_hand_over", part.order_id)
        page = client.post(url, {"_form_submitted": "on"}, follow=True).content.decode()
        assert "type the tracking number" in page
        assert "Mark as handed over" not in client.get(english("orders_order_change", part.order_id)).content.decode()
    part.refresh_from_db()
    assert part.handed_over_at is None
    assert not part.order.mails.filter(kind="shipped").exists()


def test_the_money_of_a_till_is_taken_by_the_branch_of_the_pickup(baku_staff: Client, barda_staff: Client) -> None:
    """Bərdə prepares a part of it, and so sees it."""
    order = order_of(piece(), piece(branch__slug="barda"), provider="branch")
    url = english("orders_order_mark_paid", order.pk)
    page = barda_staff.post(url, {"_form_submitted": "on"}, follow=True).content.decode()
    assert "is taken at the branch where it is picked up" in page
    chosen = {"action": "mark_paid_chosen", "_selected_action": [order.pk]}
    barda_staff.post(english("orders_order_changelist"), chosen)
    assert "Mark as paid" not in barda_staff.get(english("orders_order_change", order.pk)).content.decode()
    order.refresh_from_db()
    assert order.status == Order.Status.AWAITING_PAYMENT
    baku_staff.post(url, {"_form_submitted": "on"})
    order.refresh_from_db()
    assert order.status == Order.Status.PAID


def test_a_product_cannot_be_moved_to_another_branch(order: Order, baku_staff: Client) -> None:
    """The choice offers what this person sees, and a forged one is refused."""
    product = order.lines.get().variant.product
    page = baku_staff.get(reverse("admin:catalog_product_change", args=[product.pk]))
    field = page.context["adminform"].form.fields["branch"]
    assert [branch.slug for branch in field.queryset] == ["baku"]


def test_bags_and_payment_messages_have_no_branch_and_stay_with_the_centre(db: None) -> None:
    bag_with(piece())
    permissions = (*BRANCH_WORK, "view_bag", "view_providerevent")
    branch_member = signed_in(staff(Role.BRANCH_STAFF, *permissions, branch=Branch.objects.get(slug="baku")))
    centre_member = signed_in(staff(Role.CENTRE_STAFF, *permissions))
    assert rows(branch_member, "orders_bag") == []
    assert rows(centre_member, "orders_bag") == list(Bag.objects.all())


def test_instructors_see_nothing_of_the_orders(order: Order) -> None:
    instructor = signed_in(staff(Role.INSTRUCTOR, *BRANCH_WORK, branch=Branch.objects.get(slug="baku")))
    assert rows(instructor, "orders_order") == []


def test_private_records_need_a_permission_of_their_own(order: Order, centre_staff: Client) -> None:
    artisan = ArtisanFactory.create(private__legal_name="Məmməd Məmmədov")
    page = reverse("admin:artisans_artisanprivate_change", args=[artisan.pk])
    assert centre_staff.get(page).status_code == 403
    assert centre_staff.get(reverse("admin:artisans_artisanprivate_changelist")).status_code == 403
    artisan_page = centre_staff.get(reverse("admin:artisans_artisan_change", args=[artisan.pk]))
    assert "Məmmədov" not in artisan_page.content.decode()
    index = centre_staff.get(reverse("admin:index")).content.decode()
    assert "artisanprivate" not in index
    allowed = signed_in(staff(Role.CENTRE_STAFF, "view_artisanprivate"))
    assert "Məmmədov" in allowed.get(page).content.decode()
