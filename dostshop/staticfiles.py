"""Static files as they are served: hashed, compressed, and the style sheets joined into one.

``static/css/shop.css`` names its parts by ``@import url("…") layer(…)``, which browsers read as it stands
during development. ``collectstatic`` replaces each import by the file it names, so a page needs one request.
"""

import re
from collections.abc import Iterator
from typing import Any

import rcssmin
from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

ENTRY = "css/shop.css"
_IMPORT = re.compile(r'@import url\("(?P<name>[^"]+)"\) layer\((?P<layer>[\w-]+)\);')


class BundledStaticFilesStorage(CompressedManifestStaticFilesStorage):
    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        if ENTRY in paths and not dry_run:
            self._bundle(paths)
            # What follows hashes and compresses the bundle, not the file it came from.
            paths = {**paths, ENTRY: (self, ENTRY)}
        yield from super().post_process(paths, dry_run=dry_run, **options)

    def _bundle(self, paths: dict[str, Any]) -> None:
        """Reads the sources, not what was collected: a second run finds the first one's bundle there."""

        def source(name: str) -> str:
            storage, path = paths[name]
            with storage.open(path) as file:
                text: bytes = file.read()
            return text.decode()

        def inlined(match: re.Match[str]) -> str:
            return f"@layer {match['layer']} {{\n{source('css/' + match['name'])}\n}}"

        css = _IMPORT.sub(inlined, source(ENTRY))
        self.delete(ENTRY)
        self.save(ENTRY, ContentFile(rcssmin.cssmin(_spelled_out(css)).encode()))


def _spelled_out(css: str) -> str:
    """``.table :is(th, td)`` as ``.table *:is(th, td)``: rcssmin would drop the space, and with it the meaning."""
    return re.sub(r"(?<=[\w\])*]) +:(?=[a-z])", " *:", css)
