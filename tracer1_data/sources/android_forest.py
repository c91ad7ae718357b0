"""Serialized accessibility forests, read by the protobuf library (C) with messages of only those fields that are needed.

Source: google-deepmind/android_env, android_env/proto/a11y/android_accessibility_*.proto (the numbers and types of the fields).
Texts are read as bytes, so that one that is no UTF-8 does not cost the tree.
"""

from __future__ import annotations

import functools
from typing import Any

from tracer1_data.sources.wire import BadMessage

_MESSAGES = {
    "Forest": {"windows": (1, "Window", "repeated")},
    "Window": {"layer": (4, "int32"), "tree": (11, "Tree")},
    "Tree": {"nodes": (1, "Node", "repeated")},
    "Node": {
        "bounds": (2, "Rect"),
        "class_name": (3, "bytes"),
        "description": (4, "bytes"),
        "hint": (5, "bytes"),
        "text": (7, "bytes"),
        "clickable": (14, "bool"),
        "editable": (15, "bool"),
        "focused": (18, "bool"),
        "long_clickable": (19, "bool"),
        "password": (20, "bool"),
        "visible": (23, "bool"),
        "tooltip": (31, "bytes"),
    },
    "Rect": {"left": (1, "int32"), "top": (2, "int32"), "right": (3, "int32"), "bottom": (4, "int32")},
}
"""The fields of each message by our names for them: number, type, label."""


def read_forest(data: memoryview) -> Any:
    """The forest, a message as above. Raises BadMessage, or ValueError, naming the fix, when protobuf is not installed."""
    forest = load_forest()
    from google.protobuf.message import DecodeError

    try:
        return forest.FromString(data)
    except DecodeError as error:
        raise BadMessage("it is no accessibility tree, or cut off") from error


@functools.cache
def load_forest() -> Any:
    """The class of a forest. Raises ValueError, naming the fix, when protobuf is not installed."""
    try:
        from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
    except ImportError as error:
        raise ValueError("accessibility trees are read with protobuf: pip install 'tracer1[data]'") from error
    file = descriptor_pb2.FileDescriptorProto(name="android_forest.proto", package="android_forest")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, (number, kind, *label) in fields.items():
            _describe(message.field.add(name=field, number=number), kind, *label)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{file.package}.Forest"))


def _describe(field: Any, kind: str, label: str = "optional") -> None:
    field.label = field.Label.Value(f"LABEL_{label.upper()}")
    if kind in _MESSAGES:
        field.type_name = kind
    else:
        field.type = field.Type.Value(f"TYPE_{kind.upper()}")
