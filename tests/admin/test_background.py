"""The queue as the centre's staff see it."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from artisans.models import Branch
from dostshop.accounts.models import Role
from dostshop.background import failed, subjects
from dostshop.background.models import Failure, Job
from orders import payments, refunds
from tests.admin.conftest import english, signed_in, staff
from tests.factories import order_of, piece, worker

LIST = "background_job_changelist"


def job(task: str = "orders.send_mail", *, status: str = "todo", attempts: int = 0, queueing_lock: str = "") -> Job:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, attempts, queueing_lock)"
            " VALUES ('default', %s, '{\"mail_pk\": 7}', %s::procrastinate_job_status, %s, NULLIF(%s, ''))",
            [task, status, attempts, queueing_lock],
        )
    added: Job = Job.objects.latest("pk")
    return added


@pytest.fixture
def broken(db: None) -> Job:
    broken = job(status="failed", attempts=12)
    Failure.objects.create(job=broken, error="SMTPServerDisconnected", place="orders/emails.py:31", at=timezone.now())
    return broken


@pytest.fixture
def centre(db: None) -> Client:
    return signed_in(staff(Role.CENTRE_STAFF, "view_job", "change_job"))


def run_again(client: Client, row: Job) -> str:
    page = client.post(english("background_job_run_again", row.pk), {"_form_submitted": "on"}, follow=True)
    return page.content.decode()


def test_the_list_says_what_failed_first_and_why(centre: Client, broken: Job) -> None:
    waiting = job("orders.reconcile")
    page = centre.get(english(LIST))
    assert list(page.context["cl"].result_list) == [broken, waiting]
    words = page.content.decode()
    for said in ("send a mail about an order", "mail_pk 7", "SMTPServerDisconnected, orders/emails.py:31", "12"):
        assert said in words


def test_the_list_and_the_page_name_the_order_in_as_many_queries_however_long(centre: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            page = centre.get(english(LIST)).content.decode()
        assert all(f"{order.code}: order received" in page for order in orders)
        return len(asked)

    orders = [order_of(piece())]
    few = queries()
    orders += [order_of(piece()) for _ in range(3)]
    assert queries() == few
    row = Job.objects.get(args__mail_pk=orders[0].mails.get().pk)
    assert f"{orders[0].code}: order received" in centre.get(english("background_job_change", row.pk)).content.decode()


def test_money_and_papers_are_named_by_their_order(db: None) -> None:
    order = order_of(piece(), provider="branch")
    payments.mark_paid(order.pk, actor=worker())
    what = refunds.everything_left(order)
    refund = refunds.decide(order.pk, what=what, reason="cancelled")
    invoice = order.invoices.first()
    assert invoice
    jobs = [
        Job(pk=1, args={"refund_pk": refund.pk}),
        Job(pk=2, args={"invoice_pk": invoice.pk, "former": ""}),
        Job(pk=3, args={"payment_pk": order.payments.get().pk}),
        Job(pk=4, args={"order_pk": order.pk}),
        Job(pk=5, args={"timestamp": 7}),
        Job(pk=6, args={"invoice_pk": invoice.pk, "former": "invoices/2026/x.pdf"}),
    ]
    told = [
        f"{order.code}: 38,00\u00a0₼, əl ilə qaytarılmalıdır",
        f"{order.code}: {invoice.number}",
        order.code,
        order.code,
        "",
    ]
    told.append(f"{order.code}: {invoice.number}, invoices/2026/x.pdf faylının əvəzinə")
    assert list(subjects.of(jobs).values()) == told


@pytest.mark.parametrize("state", ["failed", "todo", "doing", "succeeded"])
def test_it_is_filtered_by_state_and_by_what_it_does(centre: Client, state: str) -> None:
    rows = {one: job(status=one) for one in ("failed", "todo", "doing", "succeeded")}
    assert list(centre.get(english(LIST), {"state": state}).context["cl"].result_list) == [rows[state]]
    other = job("orders.reconcile", status=state)
    found = centre.get(english(LIST), {"state": state, "task": "orders.reconcile"}).context["cl"].result_list
    assert list(found) == [other]


def test_what_failed_is_run_again_once(centre: Client, broken: Job) -> None:
    assert "Will be run again" in run_again(centre, broken)
    again = Job.objects.get(pk=broken.pk)
    assert (again.status, again.attempts) == ("todo", 13)
    assert "on somebody&#x27;s word" in centre.get(english("background_job_change", broken.pk)).content.decode()
    assert "It has not failed" in run_again(centre, broken)
    assert Job.objects.get(pk=broken.pk).attempts == 13


@pytest.mark.parametrize("status", ["failed", "todo", "doing", "succeeded"])
def test_to_run_it_again_is_offered_where_it_failed(centre: Client, status: str) -> None:
    page = english("background_job_change", job(status=status).pk)
    assert ("Run again" in centre.get(page).content.decode()) == (status == "failed")


def test_several_are_run_again_from_the_list(centre: Client, broken: Job) -> None:
    done = job(status="succeeded")
    chosen = {"action": "run_chosen_again", "_selected_action": [broken.pk, done.pk]}
    page = centre.post(english(LIST), chosen, follow=True).content.decode()
    assert "Will be run again" in page
    assert "It has not failed" in page
    assert {one.pk: one.status for one in Job.objects.all()} == {broken.pk: "todo", done.pk: "succeeded"}


@pytest.mark.parametrize("status", ["todo", "doing", "succeeded"])
def test_what_has_not_failed_is_not_run_again(db: None, status: str) -> None:
    row = job(status=status)
    with pytest.raises(failed.NotFailed):
        failed.run_again(row.pk)
    assert Job.objects.get(pk=row.pk).status == status


def test_what_waits_already_is_not_put_beside_itself(centre: Client) -> None:
    broken = job("orders.expire", status="failed", queueing_lock="orders.expire")
    job("orders.expire", queueing_lock="orders.expire")
    assert "The same work waits already" in run_again(centre, broken)
    assert Job.objects.get(pk=broken.pk).status == "failed"


def test_who_may_only_look_cannot_run_anything_again(broken: Job) -> None:
    client = signed_in(staff(Role.CENTRE_STAFF, "view_job"))
    assert client.get(english("background_job_change", broken.pk)).status_code == 200
    assert client.post(english("background_job_run_again", broken.pk), {"_form_submitted": "on"}).status_code == 403
    assert Job.objects.get(pk=broken.pk).status == "failed"


def test_branch_staff_see_none_of_it(broken: Job) -> None:
    baku = staff(Role.BRANCH_STAFF, "view_job", "change_job", branch=Branch.objects.get(slug="baku"))
    client = signed_in(baku)
    assert list(client.get(english(LIST)).context["cl"].result_list) == []
    assert run_again(client, broken)
    assert Job.objects.get(pk=broken.pk).status == "failed"


def test_nobody_changes_the_queue_by_hand(administrator: Client, broken: Job) -> None:
    for page in ("change", "delete"):
        assert administrator.post(english(f"background_job_{page}", broken.pk), {"status": "todo"}).status_code == 403
    assert administrator.get(english("background_job_add")).status_code == 403
    assert Job.objects.get(pk=broken.pk).status == "failed"
