"""A photo on which somebody is named is one that shows a person, whoever writes it."""

from django.db import migrations

NAMED_ARE_VISIBLE = """
CREATE FUNCTION catalog_check_people() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM catalog_photo photo JOIN catalog_photo_people named ON named.photo_id = photo.id
        WHERE photo.id = (to_jsonb(NEW) ->> TG_ARGV[0])::bigint AND NOT photo.shows_person
    ) THEN
        RAISE EXCEPTION 'somebody is named on a photo that is said to show nobody'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'catalog_photo_named_are_visible';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER catalog_photo_named_are_visible
AFTER UPDATE OF shows_person ON catalog_photo
DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW WHEN (NOT NEW.shows_person) EXECUTE FUNCTION catalog_check_people('id');

CREATE CONSTRAINT TRIGGER catalog_photo_people_named_are_visible
AFTER INSERT OR UPDATE ON catalog_photo_people
DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION catalog_check_people('photo_id');
"""

NAMED_WHEREVER = """
DROP TRIGGER catalog_photo_people_named_are_visible ON catalog_photo_people;
DROP TRIGGER catalog_photo_named_are_visible ON catalog_photo;
DROP FUNCTION catalog_check_people();
"""

MARKED = """
UPDATE catalog_photo SET shows_person = true
WHERE NOT shows_person AND id IN (SELECT photo_id FROM catalog_photo_people)
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0011_silence")]

    operations = [
        migrations.RunSQL(MARKED, migrations.RunSQL.noop),
        migrations.RunSQL(NAMED_ARE_VISIBLE, NAMED_WHEREVER),
    ]
