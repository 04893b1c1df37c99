"""A paid payment has its money, a provider's charge is one payment's, and a series of invoices only counts up."""

from django.db import migrations, models

SQL = """
CREATE FUNCTION orders_count_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.year = OLD.year AND NEW.last_number >= OLD.last_number THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a series of invoices only counts up'
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME;
END $$;

CREATE TRIGGER orders_invoiceseries_counts_up
BEFORE UPDATE OR DELETE ON orders_invoiceseries
FOR EACH ROW EXECUTE FUNCTION orders_count_up();
"""
BACK = "DROP TRIGGER orders_invoiceseries_counts_up ON orders_invoiceseries; DROP FUNCTION orders_count_up()"


class Migration(migrations.Migration):
    dependencies = [("orders", "0017_refunds_asked_once")]

    operations = [
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "paid"), _negated=True),
                    models.Q(("captured_amount__gt", 0), ("paid_at__isnull", False)),
                    _connector="OR",
                ),
                name="orders_payment_paid_is_captured",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("provider_charge", ""), _negated=True),
                fields=("provider", "provider_charge"),
                name="orders_payment_provider_charge_once",
            ),
        ),
        migrations.RunSQL(SQL, BACK),
    ]
