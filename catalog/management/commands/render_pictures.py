import os
from argparse import ArgumentParser
from itertools import chain
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand

from catalog import photos
from dostshop.pictures import Picture


class Command(BaseCommand):
    help = "Makes the renditions of every picture that lacks them, or whose original or recipe has changed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--missing", action="store_true", help="Only pictures that have no renditions at all.")
        parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)

    def handle(self, *, missing: bool, threads: int, **options: Any) -> None:
        models = [model for model in apps.get_models() if issubclass(model, Picture)]
        chosen: dict[str, Any] = {"renditions": []} if missing else {}
        pictures = chain.from_iterable(
            model._default_manager.filter(**chosen).order_by("pk").iterator(chunk_size=200) for model in models
        )
        done = 0
        for picture, problem in photos.render_all(pictures, threads=threads):
            if problem:
                self.stderr.write(f"{picture._meta.label} {picture.pk}: {problem.message}")
            else:
                done += 1
        self.stdout.write(f"Renditions of {done} pictures are in place.")
