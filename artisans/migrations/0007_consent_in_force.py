"""What the database promises of consents: rows stay as they were signed, minors are spared, and one view says what is shown."""

from django.conf import settings
from django.db import migrations

KEPT = """
CREATE FUNCTION artisans_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is only added to', TG_TABLE_NAME
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_TABLE_NAME || '_kept';
END $$;

CREATE TRIGGER artisans_consentform_kept
BEFORE UPDATE OF artisan_id, signed_on, given_by, subject, operator, purpose, data, validity, deletion, allows_abroad,
    language, explained, explained_by, witness, representative, is_institution, second_signer, document, recorded_at
    OR DELETE ON artisans_consentform
FOR EACH ROW EXECUTE FUNCTION artisans_kept();

CREATE TRIGGER artisans_consent_kept
BEFORE DELETE ON artisans_consent
FOR EACH ROW EXECUTE FUNCTION artisans_kept();

CREATE FUNCTION artisans_consent_withdrawn_once() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    as_it_was artisans_consent := OLD;
BEGIN
    as_it_was.withdrawn_at := NEW.withdrawn_at;
    IF OLD.withdrawn_at IS NOT NULL OR NEW.withdrawn_at IS NULL OR as_it_was IS DISTINCT FROM NEW THEN
        RAISE EXCEPTION 'a consent is only withdrawn, and once'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'artisans_consent_withdrawn_once';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER artisans_consent_withdrawn_once
BEFORE UPDATE ON artisans_consent
FOR EACH ROW EXECUTE FUNCTION artisans_consent_withdrawn_once();
"""

KEPT_NO_MORE = """
DROP TRIGGER artisans_consent_withdrawn_once ON artisans_consent;
DROP FUNCTION artisans_consent_withdrawn_once();
DROP TRIGGER artisans_consent_kept ON artisans_consent;
DROP TRIGGER artisans_consentform_kept ON artisans_consentform;
DROP FUNCTION artisans_kept();
"""

MINORS = """
CREATE FUNCTION artisans_check_consent() RETURNS trigger LANGUAGE plpgsql AS $$
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
        FROM artisans_artisanprivate WHERE artisan_id = NEW.artisan_id;
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

CREATE TRIGGER artisans_consent_checked
BEFORE INSERT ON artisans_consent
FOR EACH ROW EXECUTE FUNCTION artisans_check_consent();

CREATE FUNCTION artisans_check_birth_date() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM artisans_consent consent JOIN artisans_consentform form ON form.id = consent.form_id
        WHERE consent.artisan_id = NEW.artisan_id AND consent.withdrawn_at IS NULL
        AND (
            NEW.birth_date IS NULL
            OR form.signed_on < NEW.birth_date + interval '18 years'
            AND (
                form.given_by <> 'both' OR consent.scope IN ('face', 'place')
                OR consent.valid_until >= NEW.birth_date + interval '18 years'
            )
        )
    ) THEN
        RAISE EXCEPTION 'there are consents that a maker of this age cannot have given'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'artisans_artisanprivate_fits_consents';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER artisans_artisanprivate_fits_consents
BEFORE UPDATE OF birth_date ON artisans_artisanprivate
FOR EACH ROW EXECUTE FUNCTION artisans_check_birth_date();
"""

MINORS_NO_MORE = """
DROP TRIGGER artisans_artisanprivate_fits_consents ON artisans_artisanprivate;
DROP FUNCTION artisans_check_birth_date();
DROP TRIGGER artisans_consent_checked ON artisans_consent;
DROP FUNCTION artisans_check_consent();
"""


SCOPES = ("name", "face", "story", "place", "affiliation")


def shown(scope: str, column: str, otherwise: str) -> str:
    return f"CASE WHEN agreed.to_{scope} THEN {column} ELSE {otherwise} END"


def in_every_language(scope: str, name: str) -> str:
    columns = [name, *(f"{name}_{language}" for language in ("az", "ru", "en"))]
    return ",\n    ".join(f"{shown(scope, f'artisan.{column}', "''")} AS {column}" for column in columns)


# By maker, not grouped as a whole: who asks for the makers of a page reads the consents of these alone.
# A column that it shows can be changed only after the view was dropped; a migration that does so makes it anew.
VIEW = f"""
CREATE VIEW artisans_publicartisan AS
SELECT
    artisan.id AS artisan_id,
    agreed.channel,
    {shown("name", "artisan.slug", "lower(artisan.code)")} AS slug,
    {in_every_language("name", "display_name")},
    {in_every_language("story", "story")},
    {in_every_language("place", "place")},
    {in_every_language("affiliation", "affiliation")},
    CASE WHEN NOT agreed.of_minor THEN artisan.branch_id END AS branch_id,
    {shown("face", "photo.id", "NULL")} AS portrait_id
FROM artisans_artisan artisan
CROSS JOIN LATERAL (
    SELECT
        consent.channel,
        {", ".join(f"bool_or(consent.scope = '{scope}') AS to_{scope}" for scope in SCOPES)},
        bool_or(consent.of_minor) AS of_minor
    FROM artisans_consent consent
    WHERE consent.artisan_id = artisan.id
    AND consent.withdrawn_at IS NULL
    AND (now() AT TIME ZONE '{settings.TIME_ZONE}')::date BETWEEN consent.valid_from AND consent.valid_until
    GROUP BY consent.channel
) agreed
LEFT JOIN artisans_artisanphoto photo ON photo.artisan_id = artisan.id
WHERE artisan.is_public
"""  # noqa: S608 — the names are this file's own


class Migration(migrations.Migration):
    dependencies = [("artisans", "0006_consent")]

    operations = [
        migrations.RunSQL(KEPT, KEPT_NO_MORE),
        migrations.RunSQL(MINORS, MINORS_NO_MORE),
        migrations.RunSQL(VIEW, "DROP VIEW artisans_publicartisan"),
    ]
