"""The birth date that consents were checked against stays, whatever is deleted, written anew or done at once."""

from django.conf import settings
from django.db import migrations, models


def check_consent(lock: str) -> str:
    """``lock``: on the birth date, so that it does not change before the consent is there to be checked against."""
    return f"""
CREATE OR REPLACE FUNCTION artisans_check_consent() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    signed artisans_consentform;
    came_of_age date;
BEGIN
    SELECT * INTO signed FROM artisans_consentform WHERE id = NEW.form_id;
    IF signed.artisan_id <> NEW.artisan_id THEN
        RAISE EXCEPTION 'the form is of another maker'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'artisans_consent_of_its_form';
    END IF;
    IF NEW.valid_from < signed.signed_on THEN
        RAISE EXCEPTION 'a consent holds from the day of its signature at the earliest'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'artisans_consent_from_signature';
    END IF;
    SELECT (birth_date + interval '18 years')::date INTO came_of_age
        FROM artisans_artisanprivate WHERE artisan_id = NEW.artisan_id{lock};
    IF came_of_age IS NULL THEN
        RAISE EXCEPTION 'the birth date says whether the maker is of age'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'artisans_consent_age_known';
    END IF;
    NEW.of_minor := signed.signed_on < came_of_age;
    IF NEW.of_minor THEN
        IF signed.given_by <> 'both' THEN
            RAISE EXCEPTION 'a minor and the representative agree both'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'artisans_consent_minor_two_agree';
        END IF;
        IF NEW.scope IN ('face', 'place') THEN
            RAISE EXCEPTION 'of a minor neither face nor place is shown'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'artisans_consent_minor_scope';
        END IF;
        IF NEW.valid_until >= came_of_age THEN
            RAISE EXCEPTION 'what is agreed for a minor ends the day before the 18th birthday'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'artisans_consent_minor_ends_at_18';
        END IF;
    END IF;
    RETURN NEW;
END $$;
"""  # noqa: S608 — the lock is this file's own


# A consent that was withdrawn binds nobody: the record may go, or be of any age.
KEPT = """
CREATE FUNCTION artisans_check_private_leaves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM artisans_consent WHERE artisan_id = OLD.artisan_id AND withdrawn_at IS NULL) THEN
        RAISE EXCEPTION 'the birth date is what consents of this maker were checked against'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'artisans_artisanprivate_kept_with_consents';
    END IF;
    RETURN OLD;
END $$;

CREATE TRIGGER artisans_artisanprivate_kept_with_consents
BEFORE DELETE ON artisans_artisanprivate
FOR EACH ROW EXECUTE FUNCTION artisans_check_private_leaves();

CREATE TRIGGER artisans_artisanprivate_of_one_maker
AFTER UPDATE OF artisan_id ON artisans_artisanprivate
FOR EACH ROW WHEN (OLD.artisan_id <> NEW.artisan_id) EXECUTE FUNCTION artisans_check_private_leaves();

CREATE TRIGGER artisans_artisanprivate_begins_with_consents
BEFORE INSERT ON artisans_artisanprivate
FOR EACH ROW EXECUTE FUNCTION artisans_check_birth_date();
"""

KEPT_NO_MORE = """
DROP TRIGGER artisans_artisanprivate_begins_with_consents ON artisans_artisanprivate;
DROP TRIGGER artisans_artisanprivate_of_one_maker ON artisans_artisanprivate;
DROP TRIGGER artisans_artisanprivate_kept_with_consents ON artisans_artisanprivate;
DROP FUNCTION artisans_check_private_leaves();
"""

SIGNED_ALREADY = f"""
CREATE FUNCTION artisans_check_signed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.signed_on > (now() AT TIME ZONE '{settings.TIME_ZONE}')::date THEN
        RAISE EXCEPTION 'a form cannot be signed in the future'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'artisans_consentform_signed_already';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER artisans_consentform_signed_already
BEFORE INSERT ON artisans_consentform
FOR EACH ROW EXECUTE FUNCTION artisans_check_signed();
"""

SIGNED_WHENEVER = """
DROP TRIGGER artisans_consentform_signed_already ON artisans_consentform;
DROP FUNCTION artisans_check_signed();
"""


class Migration(migrations.Migration):
    dependencies = [("artisans", "0016_payouts_kept")]

    operations = [
        migrations.RunSQL(check_consent(" FOR SHARE"), check_consent("")),
        migrations.RunSQL(KEPT, KEPT_NO_MORE),
        migrations.RunSQL(SIGNED_ALREADY, SIGNED_WHENEVER),
        migrations.AddConstraint(
            model_name="consentform",
            constraint=models.CheckConstraint(
                condition=~(
                    models.Q(subject="")
                    | models.Q(operator="")
                    | models.Q(purpose="")
                    | models.Q(data="")
                    | models.Q(validity="")
                    | models.Q(deletion="")
                ),
                name="artisans_consentform_says_all",
                violation_error_message="Fill in all six contents: the law asks for them.",
            ),
        ),
    ]
