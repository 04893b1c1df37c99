"""Renditions in a bucket: each tells browsers, and the delivery network in front, how long it may be kept."""

from typing import Any

from storages.backends.s3 import S3Storage

from dostshop.pictures import cache_control


class RenditionsInBucket(S3Storage):
    def get_object_parameters(self, name: str) -> dict[str, Any]:
        name = name.removeprefix(f"{self.location}/")
        return {**super().get_object_parameters(name), "CacheControl": cache_control(name)}
