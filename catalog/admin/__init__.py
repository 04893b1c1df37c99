from catalog.admin import branches, collections, crafts, makers, products, withdrawals

__all__ = ["branches", "collections", "crafts", "makers", "products", "withdrawals"]
