"""Buyers' words in the admin: read, passed on or not; by role and branch, and never edited."""

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from artisans.models import Artisan, PublicArtisan, Thanks
from dostshop.accounts.models import Role
from tests.admin.conftest import english, signed_in, staff
from tests.admin.test_rights import ACCOUNTANT, BRANCH, CENTRE, INSTRUCTOR, of
from tests.factories import ArtisanFactory, BranchFactory, UserFactory, thanks_for

pytestmark = pytest.mark.django_db

STEPS = ("pass_on", "decline")
SENT = {"_form_submitted": "on"}


@pytest.fixture
def maker() -> Artisan:
    artisan: Artisan = ArtisanFactory.create(branch=BranchFactory.create(slug="baku"))
    return artisan


def step(name: str, written: Thanks) -> str:
    return english(f"artisans_thanks_{name}", written.pk)


def state(written: Thanks) -> tuple[str, bool]:
    written.refresh_from_db()
    return written.state, written.is_shown


def test_the_list_begins_with_what_is_to_be_read(maker: Artisan) -> None:
    first, passed_on, declined = (thanks_for(maker, words=f"Sağ olun {number}") for number in range(3))
    centre = of(CENTRE)
    centre.post(step("pass_on", passed_on), SENT)
    centre.post(step("decline", declined), SENT)
    last = thanks_for(maker, words="Sağ olun " * 50)
    rows = centre.get(english("artisans_thanks_changelist")).context["cl"].result_list
    assert list(rows) == [last, first, passed_on, declined]
    found = centre.get(english("artisans_thanks_changelist"), {"state__exact": "waiting"}).context["cl"].result_list
    assert list(found) == [last, first]


def test_it_is_passed_on_and_shown_as_was_chosen(maker: Artisan) -> None:
    branch = of(BRANCH)
    quiet, loud = thanks_for(maker), thanks_for(maker)
    page = branch.post(step("pass_on", quiet), SENT, follow=True).content.decode()
    assert f"Passed on: {quiet}" in page
    branch.post(step("pass_on", loud), {**SENT, "is_shown": "on"})
    assert (state(quiet), state(loud)) == (("passed_on", False), ("passed_on", True))
    assert loud.decided_by is not None
    assert list(Thanks.objects.shown_with(PublicArtisan.objects.on_site().get())) == [loud]
    # The history does not repeat what was written.
    assert "Sağ olun" not in "".join(f"{entry} {entry.object_repr}" for entry in LogEntry.objects.all())


def test_what_may_not_be_shown_is_not_offered_and_not_taken(maker: Artisan) -> None:
    written = thanks_for(maker, may_be_public=False)
    centre = of(CENTRE)
    assert "is_shown" not in centre.get(step("pass_on", written)).content.decode()
    assert "Check that it tells nothing" in centre.get(step("pass_on", thanks_for(maker))).content.decode()
    centre.post(step("pass_on", written), {**SENT, "is_shown": "on"})
    assert state(written) == ("passed_on", False)


def test_a_legal_name_is_refused_with_a_sentence(maker: Artisan) -> None:
    written = thanks_for(maker, words="Məmmədova xanım, sağ olun")
    page = of(CENTRE).post(step("pass_on", written), {**SENT, "is_shown": "on"}, follow=True).content.decode()
    assert "legal name is in these words" in page
    assert state(written) == ("waiting", False)


def test_the_page_says_what_to_look_at(maker: Artisan) -> None:
    centre = of(CENTRE)
    written = thanks_for(maker, words="Zavallı, zəng edin: 050 123 45 67")
    page = centre.get(english("artisans_thanks_change", written.pk)).content.decode()
    assert "Words of pity: Zavallı." in page
    assert "050 123 45 67." in page
    quiet = thanks_for(maker)
    assert "Nothing was found by itself." in centre.get(english("artisans_thanks_change", quiet.pk)).content.decode()


def test_a_step_that_is_taken_is_not_offered(maker: Artisan) -> None:
    centre = of(CENTRE)
    written = thanks_for(maker)

    def offered() -> set[str]:
        page = centre.get(english("artisans_thanks_change", written.pk)).content.decode()
        return {name for name in STEPS if step(name, written) in page}

    assert offered() == set(STEPS)
    centre.post(step("pass_on", written), SENT)
    assert offered() == {"decline"}
    page = centre.post(step("pass_on", written), SENT, follow=True).content.decode()
    assert "passed on already" in page
    centre.post(step("decline", written), SENT)
    assert offered() == {"pass_on"}


def test_nobody_edits_or_writes_it(administrator: Client, maker: Artisan) -> None:
    written = thanks_for(maker)
    page = english("artisans_thanks_change", written.pk)
    assert "<textarea" not in administrator.get(page).content.decode()
    assert administrator.post(page, {"words": "Başqa söz"}).status_code == 403
    assert administrator.get(english("artisans_thanks_add")).status_code == 403
    assert administrator.post(english("artisans_thanks_delete", written.pk), {"post": "yes"}).status_code == 403
    assert Thanks.objects.get().words == "Sağ olun"


def test_others_reach_none_of_it(maker: Artisan) -> None:
    written = thanks_for(maker)
    page = english("artisans_thanks_change", written.pk)
    for client, pages, steps in (
        (of(BRANCH, "barda"), {302}, {404}),
        (of(ACCOUNTANT), {403}, {403}),
        (of(INSTRUCTOR), {302}, {302}),
        (signed_in(staff(Role.CENTRE_STAFF, "view_thanks")), {200}, {403}),
        (signed_in(UserFactory.create()), {302}, {302}),
        (Client(), {302}, {302}),
    ):
        assert client.get(page).status_code in pages
        for name in STEPS:
            assert client.get(step(name, written)).status_code in steps, name
            assert client.post(step(name, written), SENT).status_code in steps, name
    assert state(written) == ("waiting", False)


def test_words_to_makers_of_two_branches_are_read_by_both(maker: Artisan) -> None:
    written = thanks_for(maker, ArtisanFactory.create(branch=BranchFactory.create(slug="barda")))
    for slug in ("baku", "barda"):
        rows = of(BRANCH, slug).get(english("artisans_thanks_changelist")).context["cl"].result_list
        assert list(rows) == [written]
    assert not of(BRANCH, "ismayilli").get(english("artisans_thanks_changelist")).context["cl"].result_list


def test_what_was_taken_back_is_not_found(administrator: Client, maker: Artisan) -> None:
    written = thanks_for(maker)
    address = step("pass_on", written)
    written.delete()
    assert administrator.post(address, SENT).status_code == 404


def test_the_pages_query_counts(
    administrator: Client, maker: Artisan, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _number in range(3):
        written = thanks_for(maker, ArtisanFactory.create())
        with django_assert_num_queries(9):
            administrator.get(reverse("admin:artisans_thanks_change", args=[written.pk]))
