"""JSON Schema of a Stripe request, made from the types of the installed ``stripe`` package."""

import builtins
import types
import typing
from collections.abc import Mapping
from typing import Any, Literal, get_args, get_origin, get_type_hints

from stripe import RequestOptions
from typing_extensions import is_typeddict

type Schema = dict[str, Any]

_PLAIN: dict[Any, Schema] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    float: {"type": "number"},
}


def schema_of(kind: Any) -> Schema:
    """Objects are closed, and a list of words is all the words there are: what Stripe would refuse is refused."""
    if is_typeddict(kind):
        return _object(kind)
    arguments = get_args(kind)
    match get_origin(kind):
        case typing.Literal:
            return {"enum": list(arguments)}
        case typing.Union | types.UnionType:
            return _choice(arguments)
        case builtins.list:
            return {"type": "array", "items": schema_of(arguments[0])}
        case builtins.dict:
            return {"type": "object", "additionalProperties": schema_of(arguments[1])}
    # What is none of these is an object of the package's own, which the shop does not send.
    return _PLAIN.get(kind, {"not": {}})


def _object(kind: Any) -> Schema:
    # Beside the parameters the types name what goes into headers, by names that only a type checker imports.
    hints = get_type_hints(kind, localns={"StripeContext": str, "Mapping": Mapping})
    names = [name for name in hints if name not in RequestOptions.__annotations__]
    return {
        "type": "object",
        "properties": {name: schema_of(hints[name]) for name in names},
        "required": sorted(kind.__required_keys__ & set(names)),
        "additionalProperties": False,
    }


def _choice(arguments: tuple[Any, ...]) -> Schema:
    """``Literal["a", "b"] | str`` is how the package writes “a, b, and what may come later”."""
    words = [argument for argument in arguments if get_origin(argument) is Literal and get_args(argument) != ("",)]
    return {"anyOf": [schema_of(argument) for argument in arguments if not (words and argument is str)]}


def typed(value: Any, schema: Schema, *, root: Schema) -> Any:
    """Decoded form text as the numbers and booleans that ``schema`` speaks of; what does not fit stays text."""
    schema = _resolved(schema, root)
    if choices := schema.get("anyOf"):
        read = [typed(value, choice, root=root) for choice in choices]
        return next((item for item in read if item != value), value)
    if isinstance(value, dict):
        known, others = schema.get("properties", {}), schema.get("additionalProperties") or {}
        return {name: typed(item, known.get(name, others), root=root) for name, item in value.items()}
    if isinstance(value, list):
        return [typed(item, schema.get("items", {}), root=root) for item in value]
    if schema.get("type") == "integer" and value.isdigit():
        return int(value)
    return value == "true" if schema.get("type") == "boolean" and value in {"true", "false"} else value


def _resolved(schema: Schema, root: Schema) -> Schema:
    found = root
    for step in schema.get("$ref", "").split("/")[1:]:
        found = found[step]
    return found if "$ref" in schema else schema
