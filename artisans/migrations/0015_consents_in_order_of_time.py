"""No consent is withdrawn before it was given, and none stands as of age where the birth date is of a minor."""

from django.conf import settings
from django.db import migrations

WITHDRAWN_AFTER_GIVEN = f"""
CREATE FUNCTION artisans_check_withdrawn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.withdrawn_at AT TIME ZONE '{settings.TIME_ZONE}')::date
        < (SELECT signed_on FROM artisans_consentform WHERE id = NEW.form_id)
    THEN
        RAISE EXCEPTION 'a consent is withdrawn on the day of its signature at the earliest'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'artisans_consent_withdrawn_after_given';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER artisans_consent_withdrawn_after_given
BEFORE INSERT OR UPDATE OF withdrawn_at ON artisans_consent
FOR EACH ROW WHEN (NEW.withdrawn_at IS NOT NULL) EXECUTE FUNCTION artisans_check_withdrawn();
"""  # noqa: S608 — the setting is the shop's own

WITHDRAWN_WHENEVER = """
DROP TRIGGER artisans_consent_withdrawn_after_given ON artisans_consent;
DROP FUNCTION artisans_check_withdrawn();
"""


def fits_consents(adults_only: str) -> str:
    """``adults_only``: what nobody can have agreed to who is a minor by the new birth date."""
    return f"""
CREATE OR REPLACE FUNCTION artisans_check_birth_date() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM artisans_consent consent JOIN artisans_consentform form ON form.id = consent.form_id
        WHERE consent.artisan_id = NEW.artisan_id AND consent.withdrawn_at IS NULL
        AND (
            NEW.birth_date IS NULL
            OR form.signed_on < NEW.birth_date + interval '18 years'
            AND (
                {adults_only} OR consent.scope IN ('face', 'place')
                OR consent.valid_until >= NEW.birth_date + interval '18 years'
            )
        )
    ) THEN
        RAISE EXCEPTION 'there are consents that a maker of this age cannot have given'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'artisans_artisanprivate_fits_consents';
    END IF;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("artisans", "0014_thanks")]

    operations = [
        migrations.RunSQL(WITHDRAWN_AFTER_GIVEN, WITHDRAWN_WHENEVER),
        # Recorded as of age, it shows the branch.
        migrations.RunSQL(fits_consents("NOT consent.of_minor"), fits_consents("form.given_by <> 'both'")),
    ]
