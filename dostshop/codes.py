"""Short codes that people read aloud, type and write down."""

import secrets

# No look-alikes: 0 O, 1 I L, 2 Z, 5 S, 8 B, U V.
ALPHABET = "ACDEFGHJKMNPQRTWXY34679"


def random_code(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def product_code() -> str:
    return random_code(6)


def variant_code() -> str:
    return random_code(7)


def order_code() -> str:
    return random_code(8)


def pickup_code() -> str:
    return random_code(5)


def as_typed(code: str) -> str:
    """The code a person meant: upper case, without spaces and dashes."""
    return "".join(code.upper().split()).replace("-", "")
