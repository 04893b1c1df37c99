"""Account numbers of Azerbaijani banks (IBAN, ISO 13616)."""

import re

# Country, check digits, four letters of the bank, twenty of the account.
_SHAPE = re.compile(r"AZ[0-9]{2}[A-Z]{4}[A-Z0-9]{20}")
# As people write it among other words: in groups, with hyphens, or in one.
_WRITTEN = re.compile(
    r"(?<![A-Z0-9])AZ(?:[\s-]*[0-9]){2}(?:[\s-]*[A-Z]){4}(?:[\s-]*[A-Z0-9]){20}(?![A-Z0-9])", re.IGNORECASE | re.ASCII
)


def is_right(value: str) -> bool:
    """By its length and check digits: letters count from 10, the first four characters go last, and 97 leaves 1."""
    if not _SHAPE.fullmatch(value):
        return False
    return int("".join(str(int(character, 36)) for character in value[4:] + value[:4])) % 97 == 1


def is_told_in(text: str) -> bool:
    """Whether one that is right stands among these words."""
    return any(is_right(re.sub(r"[\s-]", "", written).upper()) for written in _WRITTEN.findall(text))
