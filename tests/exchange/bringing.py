"""Bringing a table through its pages, with the worker's part done at once."""

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import translation

from dostshop import spreadsheets
from dostshop.exchange import importing, kinds
from dostshop.exchange.models import Import
from tests.admin.conftest import english


def table(*rows: Any, language: str = "en") -> bytes:
    """As CSV; the first row has the headings."""
    first, *others = rows
    with translation.override(language):
        return spreadsheets.csv(others, headers=first)


def exported(
    user: Any, kind: str = "pieces", choice: str = "everything", *, language: str = "en", as_: str = "csv"
) -> bytes:
    with translation.override(language):
        told = kinds.named(kind).export
        assert told
        found = told(user, choice)
        if as_ == "csv":
            return spreadsheets.csv(found.rows, headers=found.headings)
        return spreadsheets.xlsx(found.rows, headers=found.headings, title="x")


def bring(client: Client, content: bytes, *, name: str = "table.csv", kind: str = "pieces") -> Import:
    answer = client.post(english("exchange_import_bring", kind), {"file": SimpleUploadedFile(name, content)})
    assert answer.status_code == 302, answer.content.decode()
    brought = Import.objects.latest("pk")
    importing.check_import(pk=brought.pk)
    brought.refresh_from_db()
    return brought


def say_yes(client: Client, brought: Import) -> Import:
    client.post(english("exchange_import_apply", brought.pk), {"digest": brought.digest})
    importing.apply_import(pk=brought.pk)
    brought.refresh_from_db()
    return brought


def changes(brought: Import) -> list[tuple[int, str, str, str]]:
    return [(line.number, *change) for line in brought.lines.all() for change in line.changes]


def problems(brought: Import) -> list[tuple[int, str, str]]:
    return [(line.number, column, sentence) for line in brought.lines.all() for column, sentence in line.problems]
