"""“What would this cost to Gəncə, to Berlin?”: the staff's page says what the checkout would."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from artisans.models import Branch
from catalog.models import Variant
from dostshop.accounts.models import Role
from orders import delivery
from tests.admin.conftest import BRANCH_WORK, english, signed_in, staff
from tests.factories import BranchFactory, CraftFactory, UserFactory, bag_with, delivery_method, piece

pytestmark = pytest.mark.django_db

PAGE = "/en/staff/delivery/"


@pytest.fixture
def centre() -> Client:
    return signed_in(staff(Role.CENTRE_STAFF, *BRANCH_WORK))


@pytest.fixture(autouse=True)
def _methods() -> None:
    delivery_method(price="4.00", name_en="Baku", towns=["Bakı"], fragile_surcharge=Decimal("1.00"))
    delivery_method(price="5.00", name_en="Other regions", up_to_weight_g=2000)
    delivery_method(price="29.00", name_en="Europe", countries=["DE"])
    delivery_method(price="36.00", name_en="The world", countries=[])


def ask(client: Client, **asked: Any) -> Any:
    return client.get(PAGE, {"country": "AZ", **asked})


def prices(answer: Any) -> dict[str, Decimal]:
    return {option.name: option.price for option, _expected in answer.context["ways"] if not option.is_pickup}


def reasons(answer: Any) -> dict[str, str]:
    return {one.method.name: one.sentence for one in answer.context["why_not"]}


def test_pieces_are_priced_as_the_checkout_does(centre: Client) -> None:
    bowl, cup = piece(is_fragile=True), piece()
    ganja, berlin = {"town": "Gəncə"}, {"country": "DE"}
    for place, name in (({"town": "Bakı"}, "Baku"), (ganja, "Other regions"), (berlin, "Europe")):
        answer = ask(centre, pieces=f"{bowl.sku}, {cup.product.code.lower()}", **place)
        lines = bag_with(bowl, cup).lines.all()
        real = delivery.delivery_for(lines).ways_to(place.get("country", "AZ"), place.get("town", ""))
        assert prices(answer) == {option.name: option.price for option in real}
        assert [*prices(answer)] == [name]
        assert "Arrives about" in answer.content.decode()
    assert prices(ask(centre, pieces=f"{bowl.code} {cup.code}", town="Bakı")) == {"Baku": Decimal("5.00")}


def test_a_piece_named_twice_counts_twice(centre: Client) -> None:
    cup = piece(is_fragile=True, kind="small_series", on_hand=5)
    assert prices(ask(centre, pieces=f"{cup.sku} {cup.sku}", town="Bakı")) == {"Baku": Decimal("6.00")}


def test_a_weight_is_priced_with_what_is_fragile(centre: Client) -> None:
    answer = ask(centre, weight_g="1500", fragile="2", town="Bakı")
    assert prices(answer) == {"Baku": Decimal("6.00")}
    page = answer.content.decode()
    assert "with 2,00" in page
    assert "Arrives about" not in page


def test_it_says_why_something_is_not_offered(centre: Client) -> None:
    kilims = CraftFactory.create(needs_export_permit=True)
    asked = {"weight_g": "2500", "craft": kilims.pk, "country": "DE"}
    answer = ask(centre, **asked)
    assert prices(answer) == {}
    assert "No parcel goes there." in answer.content.decode()
    assert reasons(answer)["Europe"].startswith("Carpets, pottery and works of art")
    assert reasons(answer)["Other regions"] == "It does not go there."
    assert prices(ask(centre, **asked, has_permit="on")) == {"Europe": Decimal(29)}
    heavy = reasons(ask(centre, weight_g="2500", town="Gəncə"))
    assert heavy["Other regions"] == "With their packing the pieces weigh 2.5 kg; at most 2 kg goes this way."
    assert reasons(ask(centre, weight_g="500", town="Bakı"))["Other regions"] == "Another method names this place."
    assert "No parcel goes there." not in ask(centre, weight_g="500").content.decode()
    Branch.objects.update(offers_pickup=False)
    assert "No pickup at this branch." in ask(centre, weight_g="9000").content.decode()


def test_it_names_the_pieces_that_hinder_and_those_with_a_permit(centre: Client) -> None:
    rug = piece(craft=CraftFactory.create(needs_export_permit=True), export_permit="7", name_en="Rug")
    jam = piece(kind="food", name_en="Jam")
    assert reasons(ask(centre, pieces=f"{rug.sku} {jam.sku}", country="DE"))["Europe"] == (
        "Food is not sent abroad. (Jam)"
    )
    permit = "it has to go into the parcel"
    assert permit in ask(centre, pieces=rug.sku, country="DE").content.decode()
    assert permit not in ask(centre, pieces=rug.sku).content.decode()
    assert permit not in ask(centre, pieces=f"{rug.sku} {jam.sku}", country="DE").content.decode()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({}, "Name pieces or give a weight, one of the two."),
        ({"weight_g": "0"}, "A parcel weighs 1 gram at least."),
        ({"weight_g": "-5"}, "A parcel weighs 1 gram at least."),
        ({"weight_g": "1000000001"}, "That is more than a ship carries."),
        ({"weight_g": "heavy"}, "Give the weight in whole grams."),
        ({"pieces": "NO-SUCH"}, "No piece in the shop has this code or SKU: NO-SUCH."),
        ({"weight_g": "500", "country": "XX"}, "There is no such country. Choose one from the list."),
        ({"weight_g": "500", "country": ""}, "This field is required."),
        ({"weight_g": "500", "craft": "77777"}, "not one of the available choices"),
        ({"weight_g": "500", "fragile": "-1"}, "greater than or equal to 0"),
    ],
)
def test_what_cannot_be_answered_is_said_in_a_sentence(centre: Client, asked: dict[str, str], said: str) -> None:
    answer = ask(centre, **asked)
    assert said in answer.content.decode()
    assert "ways" not in answer.context


def test_a_gram_and_a_thousand_tons_are_answered(centre: Client) -> None:
    assert prices(ask(centre, weight_g="1", town="Gəncə")) == {"Other regions": Decimal("5.00")}
    answer = ask(centre, weight_g="1000000000", country="DE")
    assert prices(answer) == {}
    assert "1000000 kg" in reasons(answer)["Europe"]


def test_drafts_of_other_branches_are_not_told(centre: Client) -> None:
    barda = BranchFactory.create(slug="barda")
    draft: Variant = piece(state="draft", branch=barda)
    of_baku = signed_in(staff(Role.BRANCH_STAFF, *BRANCH_WORK, branch=BranchFactory.create(slug="baku")))
    of_barda = signed_in(staff(Role.BRANCH_STAFF, *BRANCH_WORK, branch=barda))
    assert "No piece in the shop" in ask(of_baku, pieces=draft.sku).content.decode()
    for client in (of_barda, centre):
        assert prices(ask(client, pieces=draft.sku, country="DE")) == {"Europe": Decimal(29)}


def test_who_may_open_it(client: Client) -> None:
    assert client.get(PAGE).status_code == 302
    baku = BranchFactory.create(slug="baku")
    instructor = staff(Role.INSTRUCTOR, *BRANCH_WORK, branch=baku)
    for user in (UserFactory.create(), instructor, staff(Role.ACCOUNTANT, "view_order")):
        assert signed_in(user).get(PAGE).status_code == 404
    branch_staff = signed_in(staff(Role.BRANCH_STAFF, *BRANCH_WORK, branch=baku))
    assert branch_staff.get(PAGE).status_code == 200
    assert branch_staff.post(PAGE).status_code == 405


def test_the_lists_of_the_admin_lead_to_it(centre: Client) -> None:
    bowl = piece()
    workers = signed_in(staff(Role.CENTRE_STAFF, *BRANCH_WORK, "view_deliverymethod"))
    link = english("orders_deliverymethod_preview")
    assert link in workers.get(english("orders_deliverymethod_changelist")).content.decode()
    assert workers.get(link).url == PAGE  # type: ignore[attr-defined]
    chosen = {"action": "preview_delivery", "_selected_action": [bowl.pk]}
    answer = centre.post(english("catalog_variant_changelist"), chosen, follow=True)
    assert answer.redirect_chain == [(f"{PAGE}?pieces={bowl.code}", 302)]
    assert f'value="{bowl.code}"' in answer.content.decode()


def test_the_pages_query_count(centre: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    codes = " ".join(piece().sku for _ in range(5))
    with django_assert_num_queries(12):
        ask(centre, pieces=codes, country="DE")
