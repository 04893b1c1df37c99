"""The mails of the review: who is told what, in which language, when, and once."""

import re
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from smtplib import SMTPDataError, SMTPRecipientsRefused
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.db import connection
from django.utils import timezone, translation

from artisans.models import Scope
from catalog import publishing, review_mails
from catalog.models import Product, ProductEvent, ReviewMail
from dostshop import mailing
from dostshop.accounts.models import Membership, Role, User
from dostshop.background import failed, subjects
from dostshop.background.models import Job
from tests.factories import ArtisanFactory, BranchFactory, PhotoFactory, UserFactory, consent, made_by, piece
from tests.mail_server import MailServer
from tests.racing import all_at_once

pytestmark = pytest.mark.django_db

Kind = ReviewMail.Kind
LANGUAGES = ("az", "ru", "en")


@pytest.fixture(autouse=True)
def _everybody_reads_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def member(role: Role, slug: str | None = None, **fields: Any) -> User:
    user: User = UserFactory.create(**fields)
    branch = BranchFactory.create(slug=slug) if slug else None
    Membership.objects.create(user=user, role=role, branch=branch)
    return user


def draft(**fields: Any) -> Product:
    """With all that publishing needs."""
    product = piece(state=Product.State.DRAFT, published_at=None, **fields).product
    PhotoFactory.create(product=product)
    made_by(product, ArtisanFactory.create())
    return product


@pytest.fixture
def instructor(db: None) -> User:
    return member(Role.INSTRUCTOR, "baku", name="Aynur", email="aynur@example.com")


@pytest.fixture
def reviewer(db: None) -> User:
    return member(Role.CENTRE_STAFF, name="Rəna", email="rena@example.com")


@pytest.fixture
def sent(instructor: User) -> Product:
    """A piece that the instructor sent for review."""
    product = draft()
    publishing.submit(product.pk, actor=instructor)
    return product


def rows() -> list[tuple[str, User]]:
    return [(row.kind, row.recipient) for row in ReviewMail.objects.select_related("recipient")]


def html_of(message: EmailMessage) -> str:
    assert isinstance(message, EmailMultiAlternatives)
    return str(message.alternatives[0][0])


def send_all() -> list[str]:
    """The subjects of what goes."""
    before = len(mail.outbox)
    for row in ReviewMail.objects.all():
        review_mails.send(review_mail_pk=row.pk)
    return [str(message.subject) for message in mail.outbox[before:]]


def test_whoever_sent_a_piece_is_told_what_comes_of_it(sent: Product, instructor: User, reviewer: User) -> None:
    publishing.ask_changes(sent.pk, actor=reviewer, reason="Take the photo <by day>.")
    assert send_all() == ["Changes asked: Turquoise bowl"]
    publishing.submit(sent.pk, actor=instructor)
    publishing.approve(sent.pk, actor=reviewer)
    assert send_all() == ["Approved: Turquoise bowl"]
    publishing.publish(sent.pk, actor=reviewer)
    assert send_all() == ["In the shop: Turquoise bowl"]
    assert rows() == [(kind, instructor) for kind in (Kind.CHANGES_ASKED, Kind.APPROVED, Kind.PUBLISHED)]
    asked, approved, published = mail.outbox
    assert [message.to for message in mail.outbox] == [["aynur@example.com"]] * 3
    html = html_of(asked)
    assert "Take the photo <by day>." in asked.body
    assert "<p>Take the photo &lt;by day&gt;.</p>" in html
    studio = f"http://localhost:8000/en/studio/{sent.code.lower()}/"
    assert studio in asked.body
    assert f'href="{studio}"' in html
    assert studio in approved.body
    assert f"http://localhost:8000{sent.get_absolute_url()}" in published.body


def test_what_is_approved_and_published_at_once_is_one_mail(sent: Product, reviewer: User) -> None:
    publishing.approve(sent.pk, actor=reviewer)
    [job] = Job.objects.filter(task_name=review_mails.send.name)
    assert job.scheduled_at is not None
    assert timedelta(minutes=9) < job.scheduled_at - timezone.now() <= review_mails.BEFORE_APPROVED
    publishing.publish(sent.pk, actor=reviewer)
    assert send_all() == ["In the shop: Turquoise bowl"]


def test_of_a_publishing_ahead_the_day_is_told_and_then_that_it_came(
    sent: Product, reviewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    soon = timezone.now() + timedelta(days=3)
    publishing.publish(sent.pk, actor=reviewer, at=soon)
    there, shown = ReviewMail.objects.all()
    due = [Job.objects.get(args__review_mail_pk=row.pk).scheduled_at for row in (there, shown)]
    assert due == [None, soon + review_mails.AFTER_SHOWN]
    baku = timezone.localtime(soon)
    assert send_all() == [f"In the shop from {baku.day} {baku:%B %Y, %H:%M}: Turquoise bowl"]
    assert f"from {baku.day} {baku:%B %Y, %H:%M} on, Baku time" in mail.outbox[0].body
    with monkeypatch.context() as later:
        later.setattr(timezone, "now", lambda: soon + timedelta(minutes=1))
        assert send_all() == ["In the shop: Turquoise bowl"]


def test_another_day_takes_the_place_of_the_first(
    sent: Product, reviewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    soon = timezone.now() + timedelta(days=1)
    publishing.publish(sent.pk, actor=reviewer, at=soon)
    publishing.publish(sent.pk, actor=reviewer, at=soon + timedelta(days=1))
    assert len(send_all()) == 1
    monkeypatch.setattr(timezone, "now", lambda: soon + timedelta(hours=1))
    assert send_all() == []


@pytest.mark.parametrize("meanwhile", ["taken back", "role lost", "left", "of another branch"])
def test_what_does_not_hold_any_more_is_told_to_nobody(
    sent: Product, instructor: User, reviewer: User, meanwhile: str
) -> None:
    publishing.approve(sent.pk, actor=reviewer)
    match meanwhile:
        case "taken back":
            publishing.take_back(sent.pk, actor=reviewer)
        case "role lost":
            instructor.memberships.all().delete()
        case "left":
            User.objects.filter(pk=instructor.pk).update(is_active=False)
        case _:
            instructor.memberships.update(branch=BranchFactory.create(slug="barda"))
    assert send_all() == []


def test_nobody_is_told_of_their_own_step(reviewer: User) -> None:
    product = draft()
    publishing.submit(product.pk, actor=reviewer)
    publishing.approve(product.pk, actor=reviewer)
    assert rows() == []


def test_what_nobody_sent_or_what_was_taken_back_is_answered_to_nobody(
    sent: Product, instructor: User, reviewer: User
) -> None:
    publishing.take_back(sent.pk, actor=instructor)
    for product in (sent, draft()):
        publishing.publish(product.pk, actor=reviewer)
    assert rows() == []


def test_a_piece_that_comes_back_into_the_shop_is_no_news(sent: Product, reviewer: User) -> None:
    publishing.publish(sent.pk, actor=reviewer)
    publishing.take_back(sent.pk, actor=reviewer)
    publishing.publish(sent.pk, actor=reviewer)
    assert [kind for kind, _user in rows()] == [Kind.PUBLISHED]


def test_a_step_that_is_refused_tells_nothing(sent: Product, reviewer: User) -> None:
    sent.photos.all().delete()
    with pytest.raises(publishing.NotReady):
        publishing.publish(sent.pk, actor=reviewer)
    assert rows() == []
    assert not Job.objects.filter(task_name=review_mails.send.name).exists()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_mail_is_in_the_language_of_the_readers_last_step(instructor: User, reviewer: User, language: str) -> None:
    product = draft()
    with translation.override("en" if language != "en" else "az"):
        publishing.submit(product.pk, actor=instructor)
        publishing.take_back(product.pk, actor=instructor)
    with translation.override(language):
        publishing.submit(product.pk, actor=instructor)
    publishing.ask_changes(product.pk, actor=reviewer, reason="Gündüz çəkin")
    send_all()
    [message] = mail.outbox
    name = {"az": "Firuzəyi badyə", "ru": "Бирюзовая чаша", "en": "Turquoise bowl"}[language]
    prefix = "" if language == "az" else f"/{language}"
    assert name in message.subject
    assert f"http://localhost:8000{prefix}/studio/" in message.body
    assert f'<html lang="{language}">' in html_of(message)


def letters(product: Product, instructor: User, reviewer: User) -> list[ReviewMail]:
    """One of each kind."""
    publishing.ask_changes(product.pk, actor=reviewer, reason="?!")
    publishing.submit(product.pk, actor=instructor)
    review_mails.tell_what_waits(timestamp=0)
    publishing.approve(product.pk, actor=reviewer)
    publishing.publish(product.pk, actor=reviewer, at=timezone.now() + timedelta(days=1))
    publishing.submit(draft().pk, actor=instructor)
    found = list(ReviewMail.objects.order_by("kind"))
    assert {letter.kind for letter in found} == set(Kind)
    return found


def texts_of(letter: ReviewMail) -> tuple[str, str]:
    message = review_mails.compose(letter)
    return f"{message.subject}\n{message.body}", html_of(message)


def test_no_sentence_is_left_in_another_language(
    sent: Product, instructor: User, reviewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for letter in letters(sent, instructor, reviewer):
        said: dict[str, set[str]] = {}
        for language in LANGUAGES:
            monkeypatch.setattr(review_mails, "language_of", lambda _user, language=language: language)
            text, html = texts_of(letter)
            assert "\n\n\n" not in text
            assert "{" not in text + html
            assert "None" not in text + html
            lines = re.sub("<[^>]*>", "\n", f"{text}\n{html}").splitlines()
            words = {re.sub(r"http\S*|DOST|Aynur|Rəna", "", line).strip() for line in lines}
            said[language] = {line for line in words if re.search(r"[^\W\d_]{2}", line)}
        assert all(len(lines) >= 4 for lines in said.values())
        assert not said["az"] & said["ru"] | said["az"] & said["en"] | said["ru"] & said["en"]


def test_no_mail_names_a_maker(sent: Product, instructor: User, reviewer: User) -> None:
    maker = ArtisanFactory.create(display_name_en="Zzname", display_name_az="Zzname", private__legal_name="Zzlegal")
    consent(maker, Scope.NAME)
    sent.makers.all().delete()
    made_by(sent, maker)
    for letter in letters(sent, instructor, reviewer):
        assert not [found for text in texts_of(letter) for found in re.findall("Zz.*", text)]


def test_a_piece_without_a_name_is_told_by_its_craft(instructor: User, reviewer: User) -> None:
    product = draft(name_az="", name_ru="", name_en="", slug="")
    publishing.submit(product.pk, actor=instructor)
    publishing.ask_changes(product.pk, actor=reviewer, reason="By day")
    assert send_all() == [f"Changes asked: {product.craft.name} {product.code}"]


def test_each_morning_the_centre_is_told_what_waits(sent: Product, instructor: User, reviewer: User) -> None:
    member(Role.BRANCH_STAFF, "baku")
    member(Role.ACCOUNTANT)
    later = draft(branch=BranchFactory.create(slug="barda"))
    publishing.submit(later.pk, actor=instructor)
    draft()
    for _time in range(2):
        review_mails.tell_what_waits(timestamp=0)
    assert rows() == [(Kind.WAITING, reviewer)]
    with translation.override("en"):
        publishing.ask_changes(draft_sent(instructor).pk, actor=reviewer, reason="By day")
    ReviewMail.objects.filter(kind=Kind.CHANGES_ASKED).delete()
    assert send_all() == ["2 pieces wait for review"]
    body = str(mail.outbox[0].body)
    day = timezone.localdate()
    assert f"– Turquoise bowl ({sent.code}), Baku, sent on {day.day} {day:%B}\n" in body
    assert body.index(sent.code) < body.index(later.code)
    assert "http://localhost:8000/en/admin/catalog/product/?state=submitted" in body


def draft_sent(instructor: User) -> Product:
    product = draft()
    publishing.submit(product.pk, actor=instructor)
    return product


def test_where_nothing_waits_nobody_is_told(reviewer: User, sent: Product, instructor: User) -> None:
    publishing.take_back(sent.pk, actor=instructor)
    review_mails.tell_what_waits(timestamp=0)
    assert rows() == []
    publishing.submit(sent.pk, actor=instructor)
    review_mails.tell_what_waits(timestamp=0)
    assert len(rows()) == 1
    publishing.approve(sent.pk, actor=reviewer)
    ReviewMail.objects.exclude(kind=Kind.WAITING).delete()
    assert send_all() == []


def test_who_decides_no_more_is_not_told_what_waits(reviewer: User, sent: Product) -> None:
    review_mails.tell_what_waits(timestamp=0)
    reviewer.memberships.all().delete()
    assert send_all() == []


def test_a_long_list_is_cut(sent: Product, reviewer: User, monkeypatch: pytest.MonkeyPatch, instructor: User) -> None:
    draft_sent(instructor)
    monkeypatch.setattr(review_mails, "MOST_LISTED", 1)
    review_mails.tell_what_waits(timestamp=0)
    text, html = texts_of(ReviewMail.objects.get())
    with translation.override("az"):
        assert text.count("– ") == 1 + 1
    assert html.count("<li>") == 2


def test_a_mail_goes_once_however_often_its_task_runs(sent: Product, reviewer: User) -> None:
    publishing.approve(sent.pk, actor=reviewer)
    assert len(send_all() + send_all()) == 1


def test_what_the_mail_server_refuses_is_sent_later(
    sent: Product, reviewer: User, mail_server: type[MailServer]
) -> None:
    publishing.approve(sent.pk, actor=reviewer)
    letter = ReviewMail.objects.get()
    mail_server.answers = [SMTPDataError(451, b"later"), None]
    with pytest.raises(SMTPDataError):
        review_mails.send(letter.pk)
    for _time in range(2):
        review_mails.send(letter.pk)
    assert len(mail_server.taken) == 1


def test_what_may_have_gone_is_sent_again_by_a_person_alone(
    sent: Product, reviewer: User, mail_server: type[MailServer]
) -> None:
    publishing.approve(sent.pk, actor=reviewer)
    letter = ReviewMail.objects.get()
    mail_server.answers = [KeyboardInterrupt(), None]
    with pytest.raises(KeyboardInterrupt):
        review_mails.send(letter.pk)
    with pytest.raises(mailing.MayHaveGone):
        review_mails.send(letter.pk)
    [job] = Job.objects.filter(task_name=review_mails.send.name)
    assert subjects.of([job])[job.pk] == f"{sent.code}: approved"
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'failed' WHERE id = %s", [job.pk])
    failed.run_again(job.pk)
    review_mails.send(letter.pk)
    assert len(mail_server.taken) == 2


def test_an_address_that_is_refused_for_good_waits_for_a_person(
    sent: Product, reviewer: User, mail_server: type[MailServer]
) -> None:
    publishing.approve(sent.pk, actor=reviewer)
    mail_server.answers = [SMTPRecipientsRefused({"aynur@example.com": (550, b"no such user")})]
    with pytest.raises(mailing.NoSuchAddress):
        review_mails.send(ReviewMail.objects.get().pk)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_reviewers_at_once_cause_one_mail() -> None:
    instructor, product = member(Role.INSTRUCTOR, "baku"), draft()
    publishing.submit(product.pk, actor=instructor)
    reviewers = [UserFactory.create(), UserFactory.create()]
    all_at_once([partial(publishing.approve, product.pk, actor=reviewer) for reviewer in reviewers])
    assert [kind for kind, _user in rows()] == [Kind.APPROVED]


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_workers_at_once_tell_once_what_waits() -> None:
    publishing.submit(draft().pk, actor=member(Role.INSTRUCTOR, "baku"))
    member(Role.CENTRE_STAFF)
    assert all_at_once([partial(review_mails.tell_what_waits, timestamp=0)] * 4) == [None] * 4
    assert len(rows()) == 1
    # Jobs outlive a test.
    assert Job.objects.filter(args__review_mail_pk=ReviewMail.objects.get().pk).count() == 1


def test_a_step_keeps_the_language_of_a_person_alone(sent: Product) -> None:
    publishing.archive(sent.pk)
    assert [event.language for event in ProductEvent.objects.all()] == ["en", ""]
