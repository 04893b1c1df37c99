from artisans.models.artisan import Artisan, ArtisanPhoto, ArtisanPrivate
from artisans.models.branch import Branch, BranchPhoto, BranchQuerySet, OpeningHours
from artisans.models.consent import Channel, Consent, ConsentForm, ConsentQuerySet, Scope
from artisans.models.public import PublicArtisan, PublicArtisanQuerySet

__all__ = [
    "Artisan",
    "ArtisanPhoto",
    "ArtisanPrivate",
    "Branch",
    "BranchPhoto",
    "BranchQuerySet",
    "Channel",
    "Consent",
    "ConsentForm",
    "ConsentQuerySet",
    "OpeningHours",
    "PublicArtisan",
    "PublicArtisanQuerySet",
    "Scope",
]
