"""What the database promises of payouts: none goes, what is closed is not changed, and what is paid is in the ledger."""

from django.db import migrations

KEPT = """
CREATE FUNCTION artisans_keep_payout() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    as_it_was artisans_payout := OLD;
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.state = 'approved' THEN
        as_it_was.state := NEW.state;
        as_it_was.document_number := NEW.document_number;
        as_it_was.paid_on := NEW.paid_on;
        as_it_was.paid_by_id := NEW.paid_by_id;
    END IF;
    IF TG_OP = 'UPDATE' AND as_it_was IS NOT DISTINCT FROM NEW THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a payout is only paid or cancelled, and once'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'artisans_payout_kept';
END $$;

CREATE TRIGGER artisans_payout_kept
BEFORE UPDATE OR DELETE ON artisans_payout
FOR EACH ROW EXECUTE FUNCTION artisans_keep_payout();
"""

KEPT_NO_MORE = """
DROP TRIGGER artisans_payout_kept ON artisans_payout;
DROP FUNCTION artisans_keep_payout();
"""

BOOKED = """
CREATE FUNCTION artisans_check_payout_booked() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    payout bigint;
BEGIN
    IF TG_TABLE_NAME = 'artisans_payout' THEN
        payout := NEW.id;
    ELSE
        payout := substring(NEW.cause FROM '^payout-([0-9]{1,18})$');
    END IF;
    IF NOT EXISTS (
        SELECT FROM artisans_payout paid
        JOIN artisans_booking booking
            ON booking.cause = 'payout-' || payout AND booking.kind = 'payout' AND booking.booked_on = paid.paid_on
        JOIN artisans_ledgerentry maker
            ON maker.booking_id = booking.id AND maker.account = 'makers'
            AND maker.artisan_id = paid.artisan_id AND maker.amount = paid.amount
        JOIN artisans_ledgerentry money
            ON money.booking_id = booking.id AND money.account = 'money'
            AND money.held_at = paid.method AND money.amount = -paid.amount
        WHERE paid.id = payout AND paid.state = 'paid' AND booking.size = 2
    ) THEN
        RAISE EXCEPTION 'payout % and what is booked of it are not the same', payout
            USING ERRCODE = 'check_violation', CONSTRAINT = 'artisans_payout_booked';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER artisans_payout_booked
AFTER INSERT OR UPDATE ON artisans_payout
DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW WHEN (NEW.state = 'paid') EXECUTE FUNCTION artisans_check_payout_booked();

CREATE CONSTRAINT TRIGGER artisans_booking_of_payout
AFTER INSERT ON artisans_booking
DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW WHEN (NEW.kind = 'payout') EXECUTE FUNCTION artisans_check_payout_booked();
"""

BOOKED_NO_MORE = """
DROP TRIGGER artisans_booking_of_payout ON artisans_booking;
DROP TRIGGER artisans_payout_booked ON artisans_payout;
DROP FUNCTION artisans_check_payout_booked();
"""


class Migration(migrations.Migration):
    dependencies = [("artisans", "0015_consents_in_order_of_time")]

    operations = [
        migrations.RunSQL(KEPT, KEPT_NO_MORE),
        migrations.RunSQL(BOOKED, BOOKED_NO_MORE),
    ]
