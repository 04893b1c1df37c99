"""Whether a JPEG is damaged in its middle, which its decoder only warns of, and shows stripes or grey instead."""

import re

_MARKER = re.compile(rb"\xff+([^\x00\xff])", re.DOTALL)
_START, _END, _SCAN = 0xD8, 0xD9, 0xDA
_RESTARTS = range(0xD0, 0xD8)
# After a scan: tables for the next one, its beginning, the number of lines, what programs and people wrote.
_AFTER_A_SCAN = {0xC4, _SCAN, 0xDB, 0xDC, 0xDD, 0xFE, *range(0xE0, 0xF0)}


def is_whole(content: bytes) -> bool:
    """Up to the end of its first picture, by the markers that the standard lets stand between compressed data."""
    at, restarts, in_scans = 0, 0, False
    while found := _MARKER.search(content, at):
        marker, at = found[1][0], found.end()
        if marker == _END:
            return True
        if marker in _RESTARTS:
            if in_scans and marker != _RESTARTS[restarts % len(_RESTARTS)]:
                return False
            restarts += 1
        elif in_scans and marker not in _AFTER_A_SCAN:
            return False
        elif marker != _START:
            in_scans, restarts = in_scans or marker == _SCAN, 0
            at += int.from_bytes(content[at : at + 2])
    return True
