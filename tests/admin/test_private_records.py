"""Private records: each role sees and keeps the part that is its work, of its own branch."""

import re
from datetime import date, timedelta
from decimal import Decimal
from threading import Event
from time import sleep
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import flatten
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from artisans.admin import private_records
from artisans.consent import Signers
from artisans.forms import PrivateRecordForm
from artisans.models import Artisan, ArtisanPrivate, Branch, Consent, ConsentForm, Scope
from dostshop import locks
from dostshop.accounts.models import Role
from orders.models import OrderEvent
from tests.admin.conftest import english, signed_in, staff
from tests.admin.test_rights import of
from tests.artisans.test_payouts import earn, paid
from tests.artisans.test_statements import pay
from tests.factories import ArtisanFactory, BranchFactory, consent
from tests.racing import all_at_once

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate()
PERSON = {"birth_date", "phone", "email", "representative"}
SUM = Decimal("100.00")
IBAN, SPACED_IBAN = "AZ21NABZ00000000137010001944", "az21 nabz 0000 0000 1370 1000 1944"
BOTH = Signers(given_by=ConsentForm.GivenBy.BOTH, representative="Məmmədova Sevil")


def maker(**fields: Any) -> Artisan:
    artisan: Artisan = ArtisanFactory.create(agreed=(), **fields)
    return artisan


def years_old(years: int) -> date:
    return TODAY.replace(year=TODAY.year - years, day=1)


def page_of(artisan: Artisan) -> str:
    return english("artisans_artisanprivate_change", artisan.pk)


def add_page(artisan: Artisan) -> str:
    return f"{english('artisans_artisanprivate_add')}?artisan={artisan.pk}"


def typed(artisan: Artisan, **changes: Any) -> dict[str, Any]:
    return {"artisan": artisan.pk, "legal_name": "Əliyeva Nigar", "birth_date": "1990-03-02", **changes}


def accountant() -> Client:
    return signed_in(staff(Role.ACCOUNTANT, "pay_payout"))


def shown_to(client: Client, artisan: Artisan) -> dict[str, bool]:
    """The fields of the page, and whether they can be changed."""
    form = client.get(page_of(artisan)).context["adminform"]
    return {name: name in form.form.fields for name in flatten(form.fieldsets[0][1]["fields"])}


def test_each_role_sees_what_its_work_needs(administrator: Client) -> None:
    artisan = maker()
    names = {"artisan", "legal_name"}
    assert shown_to(of(Role.BRANCH_STAFF), artisan).keys() == names | PERSON
    assert shown_to(of(Role.CENTRE_STAFF), artisan).keys() == names | PERSON | {"payouts_paused", "monthly_threshold"}
    paying = shown_to(accountant(), artisan)
    assert {field for field, can_change in paying.items() if can_change} == {"payout_details", "payouts_paused"}
    assert paying.keys() == names | {"payout_details", "payouts_paused"}
    everything = names | PERSON | {"payout_details", "payouts_paused", "monthly_threshold"}
    assert shown_to(administrator, artisan).keys() == everything


def test_whoever_is_of_a_branch_does_not_pay_with_the_right_alone() -> None:
    """As on the pages of payouts: the money of makers is of the whole Centre."""
    here, elsewhere = maker(private__payout_details="AZ21"), maker(branch=BranchFactory.create(slug="barda"))
    client = signed_in(staff(Role.BRANCH_STAFF, "pay_payout", branch=here.branch))
    for artisan in (here, elsewhere):
        assert client.get(page_of(artisan)).status_code in {302, 403}
        assert client.post(page_of(artisan), {"payout_details": "AZ99"}).status_code in {302, 403}
    kept = signed_in(
        staff(Role.BRANCH_STAFF, "pay_payout", "view_artisanprivate", "change_artisanprivate", branch=here.branch)
    )
    assert shown_to(kept, here).keys() == {"artisan", "legal_name"} | PERSON
    kept.post(page_of(here), typed(here, payout_details=IBAN, payouts_paused="on"))
    record = ArtisanPrivate.objects.get(pk=here.pk)
    assert (record.payout_details, record.payouts_paused) == ("AZ21", False)


def test_who_was_paid_more_than_the_watched_sum_is_listed_by_month() -> None:
    above, below, before = (maker(private__monthly_threshold=watched) for watched in ("26.59", "26.60", "1.00"))
    for artisan in (above, below):
        earn(artisan, "26.60", cause=f"sale-{artisan.pk}")
        paid(artisan)
    pay(before, "26.60", on=TODAY.replace(day=1) - timedelta(days=1))
    page, centre = english("artisans_artisanprivate_changelist"), of(Role.CENTRE_STAFF)

    def listed(which: str) -> list[int]:
        return [row.pk for row in centre.get(page, {"payouts": which}).context["cl"].result_list]

    assert listed("above") == [above.pk]
    assert listed("above_before") == [before.pk]


@pytest.mark.parametrize(
    ("role", "hidden"),
    [
        (Role.BRANCH_STAFF, "monthly_threshold__gt"),
        (Role.BRANCH_STAFF, "payouts_paused__exact"),
        (Role.BRANCH_STAFF, "payout_details__contains"),
        (Role.ACCOUNTANT, "monthly_threshold__gt"),
        (Role.ACCOUNTANT, "birth_date__lt"),
        (Role.CENTRE_STAFF, "payout_details__contains"),
    ],
)
def test_nobody_is_listed_by_what_the_page_does_not_show(role: Role, hidden: str) -> None:
    maker()
    page = english("artisans_artisanprivate_changelist")
    assert of(role).get(page, {hidden: "0"}).status_code == 400


def test_who_is_watched_is_listed_for_the_centre_alone(administrator: Client) -> None:
    watched = maker(private__payouts_paused=True)
    maker()
    page = english("artisans_artisanprivate_changelist")
    for client in (of(Role.CENTRE_STAFF), administrator):
        assert [row.pk for row in client.get(page, {"payouts": "paused"}).context["cl"].result_list] == [watched.pk]
        assert "above the watched sum this month" in client.get(page).content.decode()
    for client in (of(Role.BRANCH_STAFF), accountant()):
        shown = client.get(page, {"payouts": "paused"}, follow=True)
        assert len(shown.context["cl"].result_list) == 2
        assert "above the watched sum" not in shown.content.decode()


@pytest.mark.parametrize("role", [Role.BRANCH_STAFF, Role.CENTRE_STAFF])
def test_a_maker_without_a_record_gets_one_from_the_page_of_the_maker(role: Role) -> None:
    artisan = maker(private=False)
    client = of(role)
    opened = client.get(english("artisans_artisan_private_record", artisan.pk), follow=True)
    assert opened.redirect_chain == [(add_page(artisan), 302)]
    assert opened.context["adminform"].form["artisan"].value() == str(artisan.pk)
    assert client.post(add_page(artisan), typed(artisan)).status_code == 302
    record = ArtisanPrivate.objects.get(pk=artisan.pk)
    assert (record.legal_name, record.birth_date) == ("Əliyeva Nigar", date(1990, 3, 2))
    opened = client.get(english("artisans_artisan_private_record", artisan.pk), follow=True)
    assert opened.redirect_chain == [(page_of(artisan), 302)]
    client.post(page_of(artisan), typed(artisan, birth_date="1991-03-02"))
    record.refresh_from_db()
    assert record.birth_date == date(1991, 3, 2)


def test_nobody_writes_more_than_the_page_shows() -> None:
    artisan = maker(private__payout_details="AZ21NABZ", private__monthly_threshold=SUM)
    forged = {"payout_details": IBAN, "payouts_paused": "on", "monthly_threshold": "1"}
    of(Role.BRANCH_STAFF).post(page_of(artisan), typed(artisan, **forged))
    record = ArtisanPrivate.objects.get(pk=artisan.pk)
    assert record.legal_name == "Əliyeva Nigar"
    assert (record.payout_details, record.payouts_paused, record.monthly_threshold) == ("AZ21NABZ", False, SUM)
    accountant().post(page_of(artisan), typed(artisan, legal_name="Başqası", **forged))
    record.refresh_from_db()
    assert (record.legal_name, record.monthly_threshold) == ("Əliyeva Nigar", SUM)
    assert (record.payout_details, record.payouts_paused) == (IBAN, True)


def test_a_record_is_called_by_the_makers_code_and_its_columns_by_azerbaijani_words(administrator: Client) -> None:
    artisan = maker()
    administrator.post(page_of(artisan), typed(artisan))
    assert LogEntry.objects.get().object_repr == artisan.code
    with translation.override("az"):
        listed = administrator.get(reverse("admin:artisans_artisanprivate_changelist")).content.decode()
    headings = " ".join(re.sub("<[^>]+>", " ", heading) for heading in re.findall(r"(?s)<th\b.*?</th>", listed))
    assert "filial" in headings.lower()
    assert "branch" not in headings.lower()
    with translation.override("az"):
        refused = administrator.post(
            reverse("admin:artisans_artisanprivate_change", args=[artisan.pk]), {"phone": "12"}
        )
    assert "Nömrəni yoxlayın" in refused.content.decode()


def test_what_may_be_shown_is_no_event() -> None:
    with translation.override("az"):
        assert str(Consent._meta.get_field("scope").verbose_name) == "nə"
        assert str(OrderEvent._meta.get_field("kind").verbose_name) == "nə olub"


def test_a_record_stays_with_its_maker(administrator: Client) -> None:
    artisan, other = maker(), maker(private=False)
    administrator.post(page_of(artisan), typed(other))
    assert ArtisanPrivate.objects.get().artisan == artisan
    page = administrator.post(add_page(artisan), typed(artisan, legal_name="Başqası")).content.decode()
    assert "already exists" in page
    assert ArtisanPrivate.objects.get().legal_name == "Əliyeva Nigar"


def test_another_branch_and_other_roles_are_kept_out() -> None:
    artisan, without = maker(), maker(private=False)
    before = list(ArtisanPrivate.objects.values())
    addresses = [
        page_of(artisan),
        add_page(without),
        english("artisans_artisanprivate_history", artisan.pk),
        english("artisans_artisanprivate_delete", artisan.pk),
        english("artisans_artisan_private_record", artisan.pk),
        english("artisans_artisan_private_record", without.pk),
    ]
    barda = of(Role.BRANCH_STAFF, "barda")
    for client in (barda, of(Role.INSTRUCTOR), signed_in(staff(Role.ACCOUNTANT, "view_artisan")), Client()):
        for address in addresses:
            page = client.get(address, follow=True).content.decode()
            assert "Məmmədova Sevil" not in page, address
            client.post(address, typed(without, post="yes"))
        assert list(ArtisanPrivate.objects.values()) == before
    listed = barda.get(english("artisans_artisanprivate_changelist"), {"q": "Məmmədova"})
    assert list(listed.context["cl"].result_list) == []
    # The maker that a branch may choose is its own.
    form = barda.get(add_page(without)).context["adminform"].form
    assert not form.fields["artisan"].queryset.filter(branch=Branch.objects.get(slug="baku")).exists()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"birth_date": str(TODAY + timedelta(days=1))}, "This day has not come yet."),
        ({"birth_date": "31.02.1990"}, "Enter a valid date."),
        ({"birth_date": "1899-12-31"}, "Nobody was born so long ago."),
        ({"legal_name": ""}, "This field is required."),
        ({"phone": "12"}, "Check the number: for example 050 123 45 67"),
    ],
)
def test_bad_input_is_refused_with_a_sentence(changes: dict[str, str], sentence: str) -> None:
    artisan = maker(private=False)
    assert sentence in of(Role.BRANCH_STAFF).post(add_page(artisan), typed(artisan, **changes)).content.decode()
    assert not ArtisanPrivate.objects.exists()


def _given_as_of_age(artisan: Artisan) -> None:
    consent(artisan, Scope.NAME)


def _face(artisan: Artisan) -> None:
    consent(artisan, Scope.FACE, signers=BOTH)


def _of_both_but_of_age(artisan: Artisan) -> None:
    consent(artisan, Scope.NAME, valid_until=TODAY, signers=BOTH)


@pytest.mark.parametrize("given", [_given_as_of_age, _face, _of_both_but_of_age])
@pytest.mark.parametrize("birth_date", [None, years_old(15)], ids=["unknown", "a minor"])
def test_a_birth_date_against_the_consents_is_refused(given: Any, birth_date: date | None) -> None:
    """By a sentence on the page, and by the database where nobody asks the page."""
    artisan = maker()
    given(artisan)
    page = of(Role.BRANCH_STAFF).post(page_of(artisan), typed(artisan, birth_date=birth_date or "")).content.decode()
    assert "A maker of this age cannot have given the consents as recorded." in page
    with pytest.raises(IntegrityError, match="cannot have given"), transaction.atomic():
        ArtisanPrivate.objects.filter(pk=artisan.pk).update(birth_date=birth_date)
    assert ArtisanPrivate.objects.get().birth_date == date(1985, 5, 17)


@pytest.mark.parametrize("birth_date", [years_old(15), years_old(14), date(1990, 3, 2)])
def test_a_birth_date_that_fits_the_consents_is_taken(birth_date: date) -> None:
    """Who turns out to be of age is spared as before until the consent ends."""
    artisan = maker(private__birth_date=years_old(15))
    consent(artisan, Scope.NAME, valid_until=TODAY, signers=BOTH)
    changes = {"birth_date": str(birth_date), "saw_document": "on"}
    of(Role.BRANCH_STAFF).post(page_of(artisan), typed(artisan, **changes))
    assert ArtisanPrivate.objects.get().birth_date == birth_date
    assert Consent.objects.get().of_minor


@pytest.mark.parametrize("birth_date", ["1990-03-02", ""], ids=["of age", "unknown"])
def test_a_minor_becomes_of_age_once_somebody_saw_the_document(birth_date: str) -> None:
    born = years_old(15)
    artisan, client = maker(private__birth_date=born), of(Role.BRANCH_STAFF)
    assert shown_to(client, artisan)["saw_document"]
    refused = client.post(page_of(artisan), typed(artisan, birth_date=birth_date)).content.decode()
    assert "By the birth date so far this maker is a minor." in refused
    assert f'value="{birth_date}"' in refused or not birth_date
    assert ArtisanPrivate.objects.get().birth_date == born
    assert not LogEntry.objects.exists()
    client.post(page_of(artisan), typed(artisan, birth_date=birth_date, saw_document="on"))
    assert str(ArtisanPrivate.objects.get().birth_date or "") == birth_date
    assert "I saw the document that tells the age" in LogEntry.objects.get().get_change_message()


def test_nobody_is_asked_for_a_document_about_whoever_stays_a_minor_or_is_of_age() -> None:
    young, of_age = maker(private__birth_date=years_old(15)), maker()
    client = of(Role.BRANCH_STAFF)
    assert "saw_document" not in shown_to(client, of_age)
    for artisan, born in ((young, years_old(16)), (of_age, years_old(40))):
        assert client.post(page_of(artisan), typed(artisan, birth_date=born)).status_code == 302
        assert ArtisanPrivate.objects.get(pk=artisan.pk).birth_date == born
    seen = signed_in(staff(Role.ACCOUNTANT, "pay_payout", "view_artisanprivate"))
    assert "saw_document" not in shown_to(seen, young)


@pytest.mark.parametrize(
    "details", ["abc", "AZ00XXXX", "AZ22NABZ00000000137010001944", "AZ21NABZ000000001370100019441", "TR21NABZ1"]
)
def test_an_account_number_that_cannot_be_is_refused(details: str) -> None:
    artisan = maker(private__payout_details="")
    page = accountant().post(page_of(artisan), {"payout_details": details}).content.decode()
    assert "No account number (IBAN) that can be right stands here." in page
    assert details in page
    assert ArtisanPrivate.objects.get().payout_details == ""


@pytest.mark.parametrize("details", [IBAN, f"Kapital Bank, {SPACED_IBAN}\nVÖEN 1234567891", ""])
def test_an_account_number_is_taken_as_it_is_written(details: str) -> None:
    artisan = maker(private__payout_details="AZ00")
    accountant().post(page_of(artisan), {"payout_details": details})
    assert ArtisanPrivate.objects.get().payout_details.split() == details.split()


def test_a_wrong_account_number_from_before_does_not_keep_payouts_from_being_paused() -> None:
    artisan = maker(private__payout_details="AZ00")
    accountant().post(page_of(artisan), {"payout_details": "AZ00", "payouts_paused": "on"})
    assert ArtisanPrivate.objects.get().payouts_paused


def test_the_page_for_consents_says_where_the_birth_date_is_entered() -> None:
    unknown, known = maker(private__birth_date=None), maker()
    client = of(Role.BRANCH_STAFF)
    for artisan, is_said in ((unknown, True), (known, False)):
        page = client.get(english("artisans_artisan_record_consent", artisan.pk)).content.decode()
        way = english("artisans_artisan_private_record", artisan.pk)
        assert (f'underline" href="{way}"' in page) is is_said


def test_a_record_that_consents_stand_on_is_not_deleted(administrator: Client) -> None:
    artisan = maker()
    consent(artisan, Scope.FACE)
    page = english("artisans_artisanprivate_delete", artisan.pk)
    assert "face, this site" in administrator.get(page).content.decode()
    assert administrator.post(page, {"post": "yes"}).status_code == 200
    assert ArtisanPrivate.objects.filter(pk=artisan.pk).exists()
    Consent.objects.update(withdrawn_at=timezone.now())
    assert administrator.post(page, {"post": "yes"}).status_code == 302
    assert not ArtisanPrivate.objects.filter(pk=artisan.pk).exists()


def _delete(administrator: Client, artisan: Artisan) -> Any:
    return administrator.post(english("artisans_artisanprivate_delete", artisan.pk), {"post": "yes"})


def _delete_from_the_list(administrator: Client, artisan: Artisan) -> Any:
    chosen = {"action": "delete_selected", "_selected_action": artisan.pk, "post": "yes"}
    return administrator.post(english("artisans_artisanprivate_changelist"), chosen)


def _change_birth_date(administrator: Client, artisan: Artisan) -> Any:
    return administrator.post(page_of(artisan), typed(artisan, birth_date=years_old(15)))


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (_delete, "face, this site"),
        (_delete_from_the_list, "face, this site"),
        (_change_birth_date, "A maker of this age cannot have given the consents as recorded."),
    ],
)
@pytest.mark.parametrize("is_held", [True, False])
def test_a_consent_given_at_the_same_moment_is_seen(
    administrator: Client, monkeypatch: pytest.MonkeyPatch, change: Any, sentence: str, *, is_held: bool
) -> None:
    """And the control: where nothing is held, only the database refuses it, and no page says why."""
    artisan = maker()
    written = Event()
    if not is_held:
        monkeypatch.setattr(private_records, "_hold", lambda _makers: None)
        monkeypatch.setattr(PrivateRecordForm, "_held", lambda _form, pk: Artisan.objects.get(pk=pk))

    def agrees() -> None:
        with transaction.atomic():
            consent(artisan, Scope.FACE)
            written.set()
            sleep(1)

    def changes() -> Any:
        written.wait(timeout=30)
        return change(administrator, artisan)

    given, answer = all_at_once([agrees, changes])
    assert given is None
    record = ArtisanPrivate.objects.get(pk=artisan.pk)
    assert (record.legal_name, record.birth_date) == (f"Məmmədova Sevil {artisan.pk}", date(1985, 5, 17))
    if is_held:
        assert answer.status_code == 200
        assert sentence in answer.content.decode()
    else:
        assert isinstance(answer, IntegrityError)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.parametrize("change", [_delete, _delete_from_the_list, _change_birth_date])
def test_who_cannot_wait_for_a_consent_is_told_so(
    administrator: Client, monkeypatch: pytest.MonkeyPatch, change: Any
) -> None:
    artisan = maker()
    written, answered = Event(), Event()
    monkeypatch.setattr(locks, "LONGEST_WAIT_MILLISECONDS", 50)

    def agrees() -> None:
        with transaction.atomic():
            consent(artisan, Scope.NAME)
            written.set()
            answered.wait(timeout=30)

    def changes() -> Any:
        written.wait(timeout=30)
        answer = change(administrator, artisan)
        answered.set()
        return answer

    _given, answer = all_at_once([agrees, changes])
    assert "Somebody else works on this maker." in answer.content.decode()
    assert ArtisanPrivate.objects.get(pk=artisan.pk).birth_date == date(1985, 5, 17)


def test_no_page_is_saved_that_tells_who_a_maker_is(administrator: Client) -> None:
    artisan = maker(private__legal_name="Əliyeva Nigar")
    page = english("artisans_artisan_change", artisan.pk)
    fields = {"branch": artisan.branch_id, "slug": "nar", "consents-TOTAL_FORMS": 0, "consents-INITIAL_FORMS": 0}
    fields |= {"photo-TOTAL_FORMS": 0, "photo-INITIAL_FORMS": 0}
    for told in ({"display_name_ru": "Нигяр Алиева"}, {"slug": "eliyeva-nigar"}):
        shown = administrator.post(page, fields | told)
        assert "tells the legal name" in shown.content.decode()
    assert administrator.post(page, {**fields, "display_name_az": "Nigar"}).status_code == 302
    shown = administrator.post(page_of(artisan), typed(artisan, legal_name="Nigar"))
    assert "shows this maker by this name" in shown.content.decode()
    assert ArtisanPrivate.objects.get(pk=artisan.pk).legal_name == "Əliyeva Nigar"
