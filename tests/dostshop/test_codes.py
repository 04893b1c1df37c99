from collections.abc import Callable

import pytest

from dostshop import codes


@pytest.mark.parametrize(("make", "length"), [(codes.product_code, 6), (codes.variant_code, 7), (codes.order_code, 8)])
def test_codes_have_no_letters_that_look_alike(make: Callable[[], str], length: int) -> None:
    made = {make() for _ in range(200)}

    assert len(made) == 200
    assert {len(code) for code in made} == {length}
    assert set("".join(made)) <= set(codes.ALPHABET)
    assert not set(codes.ALPHABET) & set("0O1IL2Z5S8BUV")


@pytest.mark.parametrize("typed", ["ACD3467Q", "acd3467q", " acd3 467q\n", "ACD3-467Q", "acd 34-67q\u00a0"])
def test_a_code_is_found_however_it_is_typed(typed: str) -> None:
    assert codes.as_typed(typed) == "ACD3467Q"
