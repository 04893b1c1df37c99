"""The studio: where instructors show their branch's pieces and send them for review."""

from catalog.models import Product, ProductQuerySet
from dostshop.accounts.models import Membership, Role, User

# What an instructor may still change.
EDITABLE = (Product.State.DRAFT, Product.State.CHANGES_ASKED)
MOST_PHOTOS = 8


def branches_of(user: User) -> list[int] | None:
    """The branches whose pieces this person works on in the studio; None for all. None of them: no studio either."""
    if user.is_superuser:
        return None
    roles = (Role.INSTRUCTOR, Role.CENTRE_STAFF)
    held = list(Membership.objects.filter(user=user, role__in=roles).values_list("role", "branch_id"))
    if any(role == Role.CENTRE_STAFF for role, _branch in held):
        return None
    return [branch for _role, branch in held if branch is not None]


def pieces_of(branches: list[int] | None) -> ProductQuerySet:
    """Those that these branches keep, in whatever state; None for all branches."""
    pieces = Product.objects.all()
    return pieces if branches is None else pieces.filter(branch__in=branches)


def editable_by(user: User) -> ProductQuerySet:
    """The pieces that this person may change in the studio now."""
    return pieces_of(branches_of(user)).filter(state__in=EDITABLE)
