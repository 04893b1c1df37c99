"""From a file that somebody brings to what it changes in the shop.

Promises: a file is read by the worker and changes nothing. What its rows would do is shown, and a person's yes carries
out just that: all of it in one transaction, or nothing, if a row cannot be taken or anything that it touches has
changed since it was shown; then the new differences are shown, and asked about anew. The file is gone once it is not
needed; what was shown follows after a week, and at once where a maker takes something back.
Locks: the import, then what its kind locks. Raises: ``NotNow`` where the step does not follow from the state.
After commit: the file is deleted by a task. Retry: each task does nothing the second time.
"""

from datetime import timedelta
from typing import IO, cast

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from dostshop.accounts.models import User
from dostshop.background.retrying import FOR_AN_HOUR, OVER_THE_WEEKEND
from dostshop.erasing import erase
from dostshop.exchange import kinds
from dostshop.exchange.kinds import Kind, OtherThanShown, Work
from dostshop.exchange.models import Import, ImportLine, stored_name
from dostshop.exchange.plans import Plan
from dostshop.exchange.reading import Unreadable
from dostshop.locks import outside_transactions, short_transaction

KEPT = timedelta(days=7)
State = Import.State
WAITING = (State.CHECKING, State.CHECKED, State.APPLYING)


class NotNow(Exception):
    """Somebody, or the worker, was quicker."""


@outside_transactions
def receive(file: "File[bytes]", *, kind: Kind, user: User, language: str) -> Import:
    """Keeps the file, and has the worker read it."""
    received = Import(kind=kind.name, user=user, filename=(file.name or "")[-200:], language=language)
    # The row first: a file without one would lie there for ever.
    name = stored_name(received, received.filename)
    received.file.name = name
    received.save()
    default_storage.save(name, file)
    if not Import.objects.filter(pk=received.pk, file=name).exists():
        # A maker took something back while it came.
        discard_import.defer(name=name)
    check_import.defer(pk=received.pk)
    return received


def apply(import_pk: int, *, digest: str) -> None:
    """Has the worker carry out what was shown under this digest. Raises NotNow."""
    shown = Import.objects.filter(pk=import_pk, state=State.CHECKED, digest=digest)
    possible = shown.exclude(lines__in=ImportLine.objects.filter(source=import_pk).wrong())
    with transaction.atomic():
        if not possible.update(state=State.APPLYING, sentence=""):
            raise NotNow
        apply_import.defer(pk=import_pk)


def discard(import_pk: int) -> None:
    """Unless it is being carried out. Raises NotNow."""
    _forget(Import.objects.filter(pk=import_pk).exclude(state=State.APPLYING))
    if Import.objects.filter(pk=import_pk).exists():
        raise NotNow


def forget_all() -> None:
    """Whatever files hold, and what was shown of them: for a maker who took something back.

    Whoever waits for one that is not carried out is told so.
    """
    _forget(Import.objects.exclude(state__in=WAITING))
    for one in Import.objects.filter(state__in=WAITING).select_for_update():
        one.lines.all().delete()
        with translation.override(one.language):
            sentence = _("A maker took a consent back meanwhile, and this file may be from before. Bring a new one.")
        # What it was called may be a name too.
        one.filename = "…"
        one.save(update_fields=["filename"])
        _settle(one, State.UNREADABLE, sentence)


@short_transaction()
def _forget(imports: QuerySet[Import]) -> None:
    for one in imports.select_for_update():
        _discard_file(one)
        one.delete()


def _discard_file(done: Import) -> None:
    if name := done.file.name:
        discard_import.defer(name=name)


@app.task(name="exchange.check_import", queue="imports", retry=FOR_AN_HOUR)
@outside_transactions
def check_import(*, pk: int) -> None:
    found = Import.objects.filter(pk=pk, state=State.CHECKING).select_related("user").first()
    if found is None:
        return
    with translation.override(found.language):
        try:
            plan = _open(found).compare(lock=False)
        except Unreadable as problem:
            _settle(found, State.UNREADABLE, str(problem))
        else:
            _show(found, plan)


@app.task(name="exchange.apply_import", queue="imports", retry=FOR_AN_HOUR)
@outside_transactions
def apply_import(*, pk: int) -> None:
    found = Import.objects.filter(pk=pk, state=State.APPLYING).select_related("user").first()
    if found is None:
        return
    with translation.override(found.language):
        try:
            work = _open(found)
            _carry_out(found, work)
        except Unreadable as problem:
            _settle(found, State.UNREADABLE, str(problem))
        except OtherThanShown:
            sentence = _("Something changed in the shop after you looked. Nothing was carried out: look again.")
            _show(found, work.compare(lock=False), sentence)


def _carry_out(found: Import, work: Work) -> None:
    work.prepare()
    try:
        with short_transaction():
            Import.objects.select_for_update().get(pk=found.pk, state=State.APPLYING)
            _expect(work.compare(lock=True), found)
            work.carry_out()
            Import.objects.filter(pk=found.pk).update(state=State.APPLIED, applied_at=timezone.now(), file="")
            _discard_file(found)
    except BaseException:
        work.dismiss()
        raise


def _expect(plan: Plan, shown: Import) -> None:
    if plan.digest != shown.digest or not plan.is_possible:
        raise OtherThanShown


def _open(found: Import) -> Work:
    """Raises Unreadable, also where the person may no longer do this."""
    kind = kinds.named(found.kind)
    user = User.objects.get(pk=found.user_id)
    if kind.open is None or not user.is_active or not kind.may_import(user):
        raise Unreadable(_("You may no longer import this."))
    with found.file.open("rb") as file:
        return kind.open(cast("IO[bytes]", file), found.filename, user)


@transaction.atomic
def _show(found: Import, plan: Plan, sentence: str = "") -> None:
    if not Import.objects.select_for_update().filter(pk=found.pk, state=found.state).exists():
        # Forgotten while it was looked at.
        return
    ImportLine.objects.filter(source=found).delete()
    ImportLine.objects.bulk_create(
        (
            ImportLine(
                source=found,
                number=line.number,
                name=line.name[:300],
                is_new=line.is_new,
                changes=[[change.column, change.before, change.after] for change in line.changes],
                problems=[[problem.column, problem.sentence] for problem in line.problems],
            )
            for line in plan.told
        ),
        batch_size=1000,
    )
    Import.objects.filter(pk=found.pk).update(
        state=State.CHECKED, sentence=sentence, digest=plan.digest, rows=plan.rows
    )


@transaction.atomic
def _settle(found: Import, state: State, sentence: str) -> None:
    Import.objects.filter(pk=found.pk).update(state=state, sentence=sentence, file="")
    _discard_file(found)


@app.task(name="exchange.discard_import", queue="imports", retry=OVER_THE_WEEKEND)
@outside_transactions
def discard_import(*, name: str) -> None:
    """Any number of times."""
    erase(default_storage, name)


@app.periodic(cron="17 * * * *")
@app.task(name="exchange.forget_imports", queueing_lock="exchange.forget_imports", pass_context=False)
def forget_imports(timestamp: int) -> None:
    """Every hour: what nobody said yes to within a day, and what was done a week ago."""
    day_ago = timezone.now() - timedelta(days=1)
    nobody_said_yes = Q(created_at__lt=day_ago, state=State.CHECKED)
    _forget(Import.objects.filter(nobody_said_yes | Q(created_at__lt=timezone.now() - KEPT)))
