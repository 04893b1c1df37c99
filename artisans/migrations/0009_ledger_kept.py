"""What the database promises of the ledger: only added to, each booking whole and zero in sum; and the first rule."""

from datetime import date

from django.apps.registry import Apps
from django.conf import settings
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

# The Centre opened then: everything that was ever sold is shared by a rule.
FIRST_DAY = date(2021, 10, 1)

KEPT = f"""
CREATE TRIGGER artisans_booking_kept
BEFORE UPDATE OR DELETE ON artisans_booking
FOR EACH ROW EXECUTE FUNCTION artisans_kept();

CREATE TRIGGER artisans_ledgerentry_kept
BEFORE UPDATE OR DELETE ON artisans_ledgerentry
FOR EACH ROW EXECUTE FUNCTION artisans_kept();

CREATE FUNCTION artisans_keep_earningsrule() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW IS NOT DISTINCT FROM OLD THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' AND OLD.valid_from > (now() AT TIME ZONE '{settings.TIME_ZONE}')::date THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'a rule is not changed, and one that has begun stays'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'artisans_earningsrule_kept';
END $$;

CREATE TRIGGER artisans_earningsrule_kept
BEFORE UPDATE OR DELETE ON artisans_earningsrule
FOR EACH ROW EXECUTE FUNCTION artisans_keep_earningsrule();
"""

KEPT_NO_MORE = """
DROP TRIGGER artisans_earningsrule_kept ON artisans_earningsrule;
DROP FUNCTION artisans_keep_earningsrule();
DROP TRIGGER artisans_ledgerentry_kept ON artisans_ledgerentry;
DROP TRIGGER artisans_booking_kept ON artisans_booking;
"""

BALANCED = """
CREATE FUNCTION artisans_check_booking() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    booked bigint;
    wanted integer;
    entries integer;
    total numeric;
BEGIN
    IF TG_TABLE_NAME = 'artisans_booking' THEN
        booked := NEW.id;
    ELSE
        booked := NEW.booking_id;
    END IF;
    SELECT size INTO wanted FROM artisans_booking WHERE id = booked;
    SELECT count(*), coalesce(sum(amount), 0) INTO entries, total FROM artisans_ledgerentry WHERE booking_id = booked;
    IF entries <> wanted THEN
        RAISE EXCEPTION 'booking % has % entries and not %', booked, entries, wanted
            USING ERRCODE = 'check_violation', CONSTRAINT = 'artisans_booking_complete';
    END IF;
    IF total <> 0 THEN
        RAISE EXCEPTION 'the entries of booking % make % and not 0', booked, total
            USING ERRCODE = 'check_violation', CONSTRAINT = 'artisans_booking_balanced';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER artisans_booking_balanced
AFTER INSERT ON artisans_booking
DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION artisans_check_booking();

CREATE CONSTRAINT TRIGGER artisans_ledgerentry_balanced
AFTER INSERT ON artisans_ledgerentry
DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION artisans_check_booking();
"""

BALANCED_NO_MORE = """
DROP TRIGGER artisans_ledgerentry_balanced ON artisans_ledgerentry;
DROP TRIGGER artisans_booking_balanced ON artisans_booking;
DROP FUNCTION artisans_check_booking();
"""


def make_first_rule(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("artisans", "EarningsRule").objects.create(valid_from=FIRST_DAY, makers=70, centre=20, materials=10)


class Migration(migrations.Migration):
    dependencies = [("artisans", "0008_ledger")]

    operations = [
        migrations.RunPython(make_first_rule, migrations.RunPython.noop),
        migrations.RunSQL(KEPT, KEPT_NO_MORE),
        migrations.RunSQL(BALANCED, BALANCED_NO_MORE),
    ]
