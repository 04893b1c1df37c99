from catalog.admin import branches, collections, crafts, products

__all__ = ["branches", "collections", "crafts", "products"]
