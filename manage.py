#!/usr/bin/env python3
"""Django's command line for the shop."""

import os
import sys

if sys.version_info < (3, 13):
    sys.exit(
        "The shop needs Python 3.13 or newer; this is %d.%d. `make demo` finds it by itself if it is installed."
        % sys.version_info[:2]
    )


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dostshop.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
