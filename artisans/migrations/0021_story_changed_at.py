"""When a story was rewritten: its maker agreed to the one before. A translation that is added changes no story."""

from django.db import migrations, models

CHANGED = """
CREATE FUNCTION artisans_date_story() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.story_changed_at := CASE
        WHEN OLD.story_az <> '' AND OLD.story_az IS DISTINCT FROM NEW.story_az
            OR OLD.story_ru <> '' AND OLD.story_ru IS DISTINCT FROM NEW.story_ru
            OR OLD.story_en <> '' AND OLD.story_en IS DISTINCT FROM NEW.story_en
        THEN clock_timestamp()
        ELSE OLD.story_changed_at
    END;
    RETURN NEW;
END $$;

CREATE TRIGGER artisans_artisan_story_changed
BEFORE UPDATE ON artisans_artisan
FOR EACH ROW EXECUTE FUNCTION artisans_date_story();
"""

CHANGED_UNSEEN = """
DROP TRIGGER artisans_artisan_story_changed ON artisans_artisan;
DROP FUNCTION artisans_date_story();
"""


class Migration(migrations.Migration):
    dependencies = [("artisans", "0020_pictures_of_nobody")]

    operations = [
        migrations.AddField(
            model_name="artisan",
            name="story_changed_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.RunSQL(CHANGED, CHANGED_UNSEEN),
    ]
