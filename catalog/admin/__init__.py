from catalog.admin import branches, collections, crafts, makers, products

__all__ = ["branches", "collections", "crafts", "makers", "products"]
