"""Who can sign in to the demo. The passwords are public: the demo is a shop on one machine."""

from dataclasses import dataclass

from dostshop.accounts.models import Role

PASSWORD = "nar-cinar-2026"  # noqa: S105


@dataclass(frozen=True)
class Person:
    email: str
    # What `make demo` prints beside the address.
    title: str
    name: str
    role: Role | None = None
    branch: str = ""
    is_superuser: bool = False
    password: str = PASSWORD


ADMINISTRATOR = Person("admin@dost.example", "administrator", "Demo Admin", is_superuser=True)
SHOPPER = Person("shopper@dost.example", "shopper", "Leyla Quliyeva")
BRANCH_STAFF = Person(
    "branch@dost.example", "branch staff, İsmayıllı", "Demo İsmayıllı", Role.BRANCH_STAFF, "ismayilli"
)
# A pickup at a branch that does not keep all of the pieces takes two of them.
OTHER_BRANCH_STAFF = tuple(
    Person(f"{slug}-branch@dost.example", f"branch staff, {name}", f"Demo {name}", Role.BRANCH_STAFF, slug)
    for slug, name in (("baku", "Bakı"), ("barda", "Bərdə"))
)
CENTRE_STAFF = Person("centre@dost.example", "centre staff", "Demo Centre", Role.CENTRE_STAFF)
INSTRUCTOR = Person("instructor@dost.example", "instructor, Bərdə", "Demo Instructor", Role.INSTRUCTOR, "barda")
PEOPLE = (
    ADMINISTRATOR,
    CENTRE_STAFF,
    BRANCH_STAFF,
    *OTHER_BRANCH_STAFF,
    Person("accountant@dost.example", "accountant", "Demo Accountant", Role.ACCOUNTANT),
    INSTRUCTOR,
    SHOPPER,
)
