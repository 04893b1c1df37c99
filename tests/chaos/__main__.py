"""``python -m tests.chaos``: runs it, prints the seed, the figures and what broke."""

import argparse
import logging
import os
import shutil
import signal
import sys
import time
from pathlib import Path
from types import FrameType

import django

from dostshop.database import EmbeddedServer
from tests.chaos.shop import Shop

ROOT = Path(__file__).resolve().parent.parent.parent


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("--orders", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--seed", default=str(int(time.time())))
    parser.add_argument("--folder", type=Path, default=ROOT / "var" / "chaos", help="is emptied first")
    wanted = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _interrupt)
    EmbeddedServer(wanted.folder / "postgres").stop()
    shutil.rmtree(wanted.folder, ignore_errors=True)
    shop = Shop(wanted.folder)
    broken = ["it was interrupted"]
    try:
        broken = run(shop, wanted)
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted.\n")
    finally:
        shop.close()
        if not broken:
            shutil.rmtree(wanted.folder, ignore_errors=True)
    if broken:
        sys.exit("\n".join([*broken, f"{len(broken)} things broke; {wanted.folder} has the database and the logs."]))
    sys.stdout.write("Nothing is lost, and nothing is there twice.\n")


def run(shop: Shop, wanted: argparse.Namespace) -> list[str]:
    shop.server.start()
    os.environ.update(shop.environment)
    django.setup()
    # Only now can anything of the shop's be imported.
    from tests.chaos.run import Plan, Run, say

    # What goes wrong on purpose is counted, not told.
    logging.disable(logging.CRITICAL)

    say(f"Seed {wanted.seed}: {wanted.orders} orders, {wanted.kills} kills.")
    plan = Plan(wanted.orders, wanted.kills, wanted.seed)
    return Run(shop, plan).go()


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
