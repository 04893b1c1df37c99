from artisans.models.artisan import FULL_AGE, Artisan, ArtisanPhoto, ArtisanPrivate, digest_of
from artisans.models.branch import Branch, BranchPhoto, BranchQuerySet, OpeningHours
from artisans.models.consent import NOT_OF_MINORS, Channel, Consent, ConsentForm, ConsentQuerySet, Scope
from artisans.models.earnings import Booking, EarningsRule, LedgerEntry
from artisans.models.payout import Payout, PayoutCorrection, PayoutQuerySet
from artisans.models.pity import PityWord
from artisans.models.public import PublicArtisan, PublicArtisanQuerySet
from artisans.models.statement import Statement, StatementMonth, last_day
from artisans.models.thanks import Thanks, ThanksQuerySet
from artisans.models.withdrawal import Withdrawal

__all__ = [
    "FULL_AGE",
    "NOT_OF_MINORS",
    "Artisan",
    "ArtisanPhoto",
    "ArtisanPrivate",
    "Booking",
    "Branch",
    "BranchPhoto",
    "BranchQuerySet",
    "Channel",
    "Consent",
    "ConsentForm",
    "ConsentQuerySet",
    "EarningsRule",
    "LedgerEntry",
    "OpeningHours",
    "Payout",
    "PayoutCorrection",
    "PayoutQuerySet",
    "PityWord",
    "PublicArtisan",
    "PublicArtisanQuerySet",
    "Scope",
    "Statement",
    "StatementMonth",
    "Thanks",
    "ThanksQuerySet",
    "Withdrawal",
    "digest_of",
    "last_day",
]
