from catalog.admin import branches, collections, crafts, makers, pages, products, withdrawals

__all__ = ["branches", "collections", "crafts", "makers", "pages", "products", "withdrawals"]
