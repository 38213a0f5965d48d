"""The published interfaces: a JSON document each, and the typed Python that is generated from it.

Any package may bring a document of its own. Router, dialog and Shell know an interface by its document alone.
"""

from etui.interfaces.binding import Item, Prepared, Request, Result
from etui.interfaces.catalogue import file_name, supplied
from etui.interfaces.compiled import CompiledInterface, CompiledMethod, Seen, Value, plain_type
from etui.interfaces.document import (
    Callers,
    Document,
    Effect,
    Field,
    FieldType,
    Kind,
    Method,
    RecordType,
    Transfer,
)
from etui.interfaces.fitting import fits
from etui.interfaces.generate import python_module
from etui.interfaces.money import currency_of
from etui.interfaces.promises import broken_promise
from etui.interfaces.rules import InterfaceError, read_document
from etui.interfaces.untyped import untyped_request, values_of
from etui.interfaces.words import has_words

__all__ = [
    "Callers",
    "CompiledInterface",
    "CompiledMethod",
    "Document",
    "Effect",
    "Field",
    "FieldType",
    "InterfaceError",
    "Item",
    "Kind",
    "Method",
    "Prepared",
    "RecordType",
    "Request",
    "Result",
    "Seen",
    "Transfer",
    "Value",
    "broken_promise",
    "currency_of",
    "file_name",
    "fits",
    "has_words",
    "plain_type",
    "python_module",
    "read_document",
    "supplied",
    "untyped_request",
    "values_of",
]
