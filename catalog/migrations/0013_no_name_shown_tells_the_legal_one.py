"""No name that is shown, and no address, tells the legal name, whoever writes either of them.

It asks less than the form does: two words of the legal name, or its only one, in the same script. What is there stays
until it is changed. Here and not with the makers, for it compares by ``fold``.
"""

from django.db import migrations

# A word ends at every ASCII sign that is no letter once it is folded, and at spaces, dashes and quotes beyond ASCII.
TELLS = r"""
CREATE FUNCTION catalog_tells(legal_name text, shown text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    WITH legal AS (
        SELECT word, word ~ '^[a-z]+$' AS is_latin
        FROM regexp_split_to_table(fold(legal_name), '[\u0001-\u0060\u007b-\u007f\u00a0\u00ab\u00bb\u2010-\u2026]+') AS word
        WHERE word NOT IN ('', 'qizi', 'oglu', 'kizi', 'кызы', 'оглы')
    ), said AS (
        SELECT word, word ~ '^[a-z]+$' AS is_latin
        FROM regexp_split_to_table(fold(shown), '[\u0001-\u0060\u007b-\u007f\u00a0\u00ab\u00bb\u2010-\u2026]+') AS word
    )
    SELECT count(*) > 0 AND least(2, count(*)) <= count(*) FILTER (
        WHERE word ~ '[a-zа-я]' AND EXISTS (
            SELECT FROM said WHERE said.is_latin = legal.is_latin AND (
                said.word = legal.word OR length(legal.word) > 3 AND position(legal.word IN said.word) > 0
            )
        )
    )
    FROM legal
$$;
"""

# The lock: who writes the legal name waits for who writes the name shown, and the other way round.
CHECKED = """
CREATE FUNCTION catalog_check_pseudonym() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    checked bigint := (to_jsonb(NEW) ->> TG_ARGV[0])::bigint;
BEGIN
    PERFORM FROM artisans_artisan WHERE id = checked FOR NO KEY UPDATE;
    IF EXISTS (
        SELECT FROM artisans_artisan artisan
        JOIN artisans_artisanprivate private ON private.artisan_id = artisan.id
        CROSS JOIN unnest(ARRAY[
            artisan.display_name, artisan.display_name_az, artisan.display_name_ru, artisan.display_name_en,
            NULLIF(artisan.slug, lower(artisan.code))
        ]) AS shown
        WHERE artisan.id = checked AND catalog_tells(private.legal_name, shown)
    ) THEN
        RAISE EXCEPTION 'the name shown or the address tells the legal name'
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER artisans_artisan_pseudonym
AFTER UPDATE OF slug, display_name, display_name_az, display_name_ru, display_name_en ON artisans_artisan
FOR EACH ROW WHEN (
    (OLD.slug, OLD.display_name, OLD.display_name_az, OLD.display_name_ru, OLD.display_name_en)
    IS DISTINCT FROM (NEW.slug, NEW.display_name, NEW.display_name_az, NEW.display_name_ru, NEW.display_name_en)
)
EXECUTE FUNCTION catalog_check_pseudonym('id');

CREATE TRIGGER artisans_artisanprivate_pseudonym
AFTER UPDATE OF legal_name, artisan_id ON artisans_artisanprivate
FOR EACH ROW WHEN ((OLD.legal_name, OLD.artisan_id) IS DISTINCT FROM (NEW.legal_name, NEW.artisan_id))
EXECUTE FUNCTION catalog_check_pseudonym('artisan_id');

CREATE TRIGGER artisans_artisanprivate_begins_with_pseudonym
AFTER INSERT ON artisans_artisanprivate
FOR EACH ROW EXECUTE FUNCTION catalog_check_pseudonym('artisan_id');
"""

CHECKED_NO_MORE = """
DROP TRIGGER artisans_artisanprivate_begins_with_pseudonym ON artisans_artisanprivate;
DROP TRIGGER artisans_artisanprivate_pseudonym ON artisans_artisanprivate;
DROP TRIGGER artisans_artisan_pseudonym ON artisans_artisan;
DROP FUNCTION catalog_check_pseudonym();
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0012_who_is_named_is_visible"), ("artisans", "0018_former_addresses_of_makers")]

    operations = [
        migrations.RunSQL(TELLS, "DROP FUNCTION catalog_tells(text, text)"),
        migrations.RunSQL(CHECKED, CHECKED_NO_MORE),
    ]
