"""Looks for a word in everything that the shop keeps: each row of each table, and each file."""

import json
from collections.abc import Iterator
from pathlib import Path

from django.db import connection


def residue(word: str, *, folders: tuple[Path, ...] = ()) -> Iterator[str]:
    """The tables whose rows have the word, in any column, and the files that have it in name or content."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            # As text a row shows what its columns hold, search vectors too, with each backslash twice.
            escaped = json.dumps(word)[1:-1].replace("\\", "\\" * 2)
            cursor.execute(
                f'SELECT count(*) FROM "{table}" AS kept '  # noqa: S608
                "WHERE position(lower(%s) IN lower(kept::text)) + position(%s IN kept::text) > 0",
                [word, escaped],
            )
            [count] = cursor.fetchone()
            if count:
                yield f"{table}: {count}"
    for folder in folders:
        for file in folder.rglob("*"):
            if file.is_file() and (word in str(file) or word.encode() in file.read_bytes()):
                yield str(file)
