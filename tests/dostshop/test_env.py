from decimal import Decimal

import pytest

from dostshop import env
from dostshop.env import EnvironmentProblem

NAME = "A_SETTING_OF_THIS_TEST"


@pytest.fixture
def setting(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.delenv(NAME, raising=False)
    return monkeypatch


def test_a_missing_text_is_named_with_its_hint(setting: pytest.MonkeyPatch) -> None:
    with pytest.raises(EnvironmentProblem, match=rf"^{NAME} is not set\. It is needed to start the shop\.$"):
        env.text(NAME)
    setting.setenv(NAME, "   ")
    with pytest.raises(EnvironmentProblem, match=rf"^{NAME} is not set\. Ask the bank\.$"):
        env.text(NAME, hint="Ask the bank.")


def test_a_text_is_stripped_and_wins_over_its_default(setting: pytest.MonkeyPatch) -> None:
    assert env.text(NAME, default="") == ""
    setting.setenv(NAME, " Əl işi \n")
    assert env.text(NAME, default="other") == "Əl işi"


@pytest.mark.parametrize(("value", "meant"), [("1", True), ("Yes", True), ("ON", True), ("0", False), ("off", False)])
def test_a_flag_is_read(setting: pytest.MonkeyPatch, value: str, meant: bool) -> None:
    setting.setenv(NAME, value)
    assert env.flag(NAME, default=not meant) is meant


def test_a_flag_that_is_neither_is_refused(setting: pytest.MonkeyPatch) -> None:
    assert env.flag(NAME, default=True) is True
    setting.setenv(NAME, "perhaps")
    with pytest.raises(EnvironmentProblem, match=rf"^{NAME} is “perhaps”; it should be 1 or 0\.$"):
        env.flag(NAME, default=True)


def test_an_integer_is_read_or_refused(setting: pytest.MonkeyPatch) -> None:
    assert env.integer(NAME, default=7) == 7
    setting.setenv(NAME, "12")
    assert env.integer(NAME, default=7) == 12
    setting.setenv(NAME, "12.5")
    with pytest.raises(EnvironmentProblem, match=rf"^{NAME} is “12\.5”; it should be a whole number\.$"):
        env.integer(NAME, default=7)


def test_words_stand_between_commas_or_spaces(setting: pytest.MonkeyPatch) -> None:
    assert env.words(NAME) == []
    assert env.words(NAME, default="a b") == ["a", "b"]
    setting.setenv(NAME, "one, two three,,four")
    assert env.words(NAME) == ["one", "two", "three", "four"]


@pytest.mark.parametrize("value", ["https://shop.example.az", "http://[::1]:9", "redis://cache/1", "unix:///run/redis"])
def test_an_address_is_read(setting: pytest.MonkeyPatch, value: str) -> None:
    setting.setenv(NAME, value)
    assert env.url(NAME) == value


@pytest.mark.parametrize("value", ["shop.example.az", "localhost:8000", "https:shop", "https://", "http://[::1", "//x"])
def test_what_is_no_address_is_refused(setting: pytest.MonkeyPatch, value: str) -> None:
    setting.setenv(NAME, value)
    with pytest.raises(EnvironmentProblem, match=f"^{NAME} is “.*”; it should be an address such as https://"):
        env.url(NAME)


def test_an_optional_address_may_be_missing(setting: pytest.MonkeyPatch) -> None:
    assert env.url(NAME, default="") == ""
    with pytest.raises(EnvironmentProblem, match="is not set"):
        env.url(NAME)


def test_filling_keeps_what_is_set(setting: pytest.MonkeyPatch) -> None:
    setting.setenv(NAME, "kept")
    env.fill({NAME: "other"})
    assert env.text(NAME) == "kept"


def test_a_choice_is_one_of_those_there_are(setting: pytest.MonkeyPatch) -> None:
    assert env.choice(NAME, of=("one", "two"), default="two") == "two"
    setting.setenv(NAME, "one")
    assert env.choice(NAME, of=("one", "two"), default="two") == "one"
    setting.setenv(NAME, "three")
    with pytest.raises(EnvironmentProblem, match=rf"^{NAME} is “three”; it should be one of: one, two\.$"):
        env.choice(NAME, of=("one", "two"), default="two")


def test_a_number_of_digits_is_counted(setting: pytest.MonkeyPatch) -> None:
    assert env.digits(NAME, count=10, default="") == ""
    setting.setenv(NAME, " 12345 67890 ")
    assert env.digits(NAME, count=10) == "1234567890"


@pytest.mark.parametrize("value", ["123456789", "12345678901", "12345 6789X", "١٢٣٤٥٦٧٨٩٠"])
def test_what_is_no_such_number_is_said(setting: pytest.MonkeyPatch, value: str) -> None:
    setting.setenv(NAME, value)
    with pytest.raises(EnvironmentProblem, match=rf"^{NAME} is “.*”; it should have 10 digits\.$"):
        env.digits(NAME, count=10)


def test_an_iban_is_read_without_its_spaces(setting: pytest.MonkeyPatch) -> None:
    assert env.iban(NAME, default="") == ""
    setting.setenv(NAME, "az21 nabz 0000 0000 1370 1000 1944")
    assert env.iban(NAME) == "AZ21NABZ00000000137010001944"


@pytest.mark.parametrize(
    "value",
    [
        # A digit wrong, two swapped, one missing, one too many; another country's; a card's.
        "AZ21NABZ00000000137010001945",
        "AZ21NABZ00000000137010009144",
        "AZ21NABZ0000000013701000194",
        "AZ21NABZ000000001370100019440",
        "DE89370400440532013000",
        "4169738812345678",
        "AZ21NABZ٠0000000137010001944",
    ],
)
def test_what_is_no_iban_is_refused(setting: pytest.MonkeyPatch, value: str) -> None:
    setting.setenv(NAME, value)
    with pytest.raises(EnvironmentProblem, match=rf"^{NAME} is “.*”; it should be an account number"):
        env.iban(NAME)


def test_a_tariff_is_percent_and_manat(setting: pytest.MonkeyPatch) -> None:
    setting.delenv("FEES", raising=False)
    assert env.tariffs("FEES") == {}
    setting.setenv("FEES", "stripe=2.9+0.50, epoint=3")
    assert env.tariffs("FEES") == {
        "stripe": env.Tariff(Decimal("2.9"), Decimal("0.50")),
        "epoint": env.Tariff(Decimal(3), Decimal(0)),
    }


@pytest.mark.parametrize(
    "value", ["stripe", "stripe=", "stripe=-1", "stripe=2,9", "stripe=2.9+0.505", "=2", "stripe=2%"]
)
def test_what_is_no_tariff_is_refused(setting: pytest.MonkeyPatch, value: str) -> None:
    setting.setenv("FEES", value)
    with pytest.raises(env.EnvironmentProblem, match=r"stripe=2\.9\+0\.50"):
        env.tariffs("FEES")
