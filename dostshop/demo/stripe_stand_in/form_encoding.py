"""Stripe's form encoding: ``line_items[0][price_data][currency]=azn``, nested by brackets."""

import re
from typing import Any
from urllib.parse import parse_qsl

_PART = re.compile(r"\[([^\[\]]*)\]")


def decode(encoded: str) -> dict[str, Any]:
    """Nested dictionaries of text; groups numbered 0, 1, 2 … become lists."""
    tree: dict[str, Any] = {}
    for name, value in parse_qsl(encoded, keep_blank_values=True):
        *parents, leaf = [name.split("[", 1)[0], *_PART.findall(name)]
        branch = tree
        for parent in parents:
            found = branch.setdefault(parent, {})
            branch = found if isinstance(found, dict) else {}
        # ``expand[]=…`` counts by itself.
        branch[leaf or str(len(branch))] = value
    return {name: _with_lists(value) for name, value in tree.items()}


def _with_lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {name: _with_lists(item) for name, item in value.items()}
    numbers = [str(number) for number in range(len(inner))]
    return [inner[number] for number in numbers] if sorted(inner) == sorted(numbers) else inner
