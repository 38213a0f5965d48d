"""Lines that are no message: what each is, the line, and the code of the error that answers it."""

from __future__ import annotations

from typing import Final

from etui.protocol import ErrorCode

_PARSE = ErrorCode.PARSE_ERROR
_REQUEST = ErrorCode.INVALID_REQUEST


def _with(members: bytes) -> bytes:
    return b'{"jsonrpc":"2.0",' + members + b"}"


NASTY_LINES: Final[tuple[tuple[str, bytes, ErrorCode], ...]] = (
    # no JSON (RFC 8259)
    ("nothing", b"", _PARSE),
    ("white space", b" \t\r", _PARSE),
    ("a word", b"hello", _PARSE),
    ("a nul", b"\x00", _PARSE),
    ("a request cut short", b'{"jsonrpc":"2.0","id":1,"method":"secret/1.re', _PARSE),
    ("two messages on one line", _with(b'"method":"a"') + _with(b'"method":"b"'), _PARSE),
    ("a comma too many", _with(b'"method":"a",'), _PARSE),
    ("a comment", _with(b'"method":"a"') + b" // to be read by nobody", _PARSE),
    ("single quotes", b"{'jsonrpc':'2.0','method':'a'}", _PARSE),
    ("a key without quotes", b'{jsonrpc:"2.0"}', _PARSE),
    ("NaN", _with(b'"method":"a","params":{"amount":NaN}'), _PARSE),
    ("infinity", _with(b'"method":"a","params":{"amount":-Infinity}'), _PARSE),
    ("a number beyond a double", _with(b'"method":"a","params":{"amount":1e400}'), _PARSE),
    ("a number with a leading zero", _with(b'"id":01,"method":"a"'), _PARSE),
    ("a number with a plus", _with(b'"id":+1,"method":"a"'), _PARSE),
    ("a control character in a string", _with(b'"method":"a\x07"'), _PARSE),
    ("an escape that is none", _with(b'"method":"\\x61"'), _PARSE),
    # no Unicode
    ("Latin-1", _with(b'"method":"caf\xe9"'), _PARSE),
    ("an overlong slash", _with(b'"method":"secret\xc0\xaf1"'), _PARSE),
    ("a surrogate in UTF-8", _with(b'"method":"\xed\xa0\x80"'), _PARSE),
    ("a lone high surrogate", _with(b'"method":"\\ud800"'), _PARSE),
    ("a lone low surrogate deep in params", _with(b'"method":"a","params":{"b":["\\udc00"]}'), _PARSE),
    ("two high surrogates", _with(b'"method":"\\ud83d\\ud83d"'), _PARSE),
    ("UTF-16", '{"jsonrpc":"2.0","method":"a"}'.encode("utf-16-le"), _PARSE),
    ("a byte order mark", b"\xef\xbb\xbf" + _with(b'"method":"a"'), _PARSE),
    # JSON that two readers read in two ways (RFC 7493)
    ("a key twice", _with(b'"method":"secret/1.find","method":"secret/1.read"'), _REQUEST),
    ("a key twice, once escaped", _with(b'"method":"a","params":{"payee":"A","\\u0070ayee":"B"}'), _REQUEST),
    ("a key twice in a list in params", _with(b'"method":"a","params":{"b":[{"c":1,"c":1}]}'), _REQUEST),
    ("the empty key twice", _with(b'"method":"a","params":{"":1,"":2}'), _REQUEST),
    ("a key twice in call", _with(b'"id":1,"method":"a","call":{"client":"x","client":"y"}'), _REQUEST),
    ("a key twice in an error", _with(b'"id":1,"error":{"code":1,"message":"","message":"x"}'), _REQUEST),
    ("an integer beyond 2^53 in params", _with(b'"method":"a","params":{"amount":9007199254740992}'), _REQUEST),
    ("one below -2^53 in a result", _with(b'"id":1,"result":[-9007199254740992]'), _REQUEST),
    ("one beyond 64 bits", _with(b'"method":"a","params":{"amount":18446744073709551616}'), _REQUEST),
    ("one of 4000 digits", _with(b'"method":"a","params":{"amount":%b}' % (b"9" * 4000)), _REQUEST),
    ("lists nested too deep", _with(b'"method":"a","params":{"b":%b%b}' % (b"[" * 31, b"]" * 31)), _REQUEST),
    ("objects nested too deep", _with(b'"id":1,"result":%b1%b' % (b'{"a":' * 32, b"}" * 32)), _REQUEST),
    ("nested beyond any stack", b"[" * 100_000 + b"]" * 100_000, _REQUEST),
    # JSON that is no message
    ("null", b"null", _REQUEST),
    ("a number", b"1", _REQUEST),
    ("an empty object", b"{}", _REQUEST),
    ("a batch", b"[" + _with(b'"id":1,"method":"a"') + b"]", _REQUEST),
    ("JSON-RPC 1.0", b'{"id":1,"method":"a","params":{}}', _REQUEST),
    ("another version", b'{"jsonrpc":"2.1","id":1,"method":"a"}', _REQUEST),
    ("a version that is a number", b'{"jsonrpc":2.0,"id":1,"method":"a"}', _REQUEST),
    ("a member that nobody knows", _with(b'"id":1,"method":"a","priority":9'), _REQUEST),
    ("a member in capitals", _with(b'"id":1,"Method":"a"'), _REQUEST),
    ("neither method nor id", _with(b'"params":{}'), _REQUEST),
    ("an id alone", _with(b'"id":1'), _REQUEST),
    ("an empty method", _with(b'"id":1,"method":""'), _REQUEST),
    ("a method that is a number", _with(b'"id":1,"method":7'), _REQUEST),
    ("a method that is null", _with(b'"id":1,"method":null'), _REQUEST),
    ("a method of 201 characters", _with(b'"id":1,"method":"%b"' % (b"a" * 201)), _REQUEST),
    ("a request whose id is null", _with(b'"id":null,"method":"a"'), _REQUEST),
    ("an id that is a fraction", _with(b'"id":1.5,"method":"a"'), _REQUEST),
    ("an id with an exponent", _with(b'"id":1e0,"method":"a"'), _REQUEST),
    ("an id that is true", _with(b'"id":true,"method":"a"'), _REQUEST),
    ("an id that is a list", _with(b'"id":[1],"method":"a"'), _REQUEST),
    ("an id below zero", _with(b'"id":-1,"method":"a"'), _REQUEST),
    ("an id of 2^53", _with(b'"id":9007199254740992,"method":"a"'), _REQUEST),
    ("an id of 65 characters", _with(b'"id":"%b","method":"a"' % (b"x" * 65)), _REQUEST),
    ("params that are a list", _with(b'"id":1,"method":"a","params":[1]'), _REQUEST),
    ("params that are a text", _with(b'"id":1,"method":"a","params":"item"'), _REQUEST),
    ("params that are null", _with(b'"id":1,"method":"a","params":null'), _REQUEST),
    ("quiet that is a number", _with(b'"id":1,"method":"a","quiet":1'), _REQUEST),
    ("ask that is a text", _with(b'"id":1,"method":"a","ask":"true"'), _REQUEST),
    ("a peer that is a number", _with(b'"id":1,"method":"a","for":7'), _REQUEST),
    ("a peer of 65 characters", _with(b'"id":1,"method":"a","for":"%b"' % (b"x" * 65)), _REQUEST),
    ("a request with a result", _with(b'"id":1,"method":"a","result":1'), _REQUEST),
    ("a notification with an error", _with(b'"method":"a","error":{"code":1,"message":""}'), _REQUEST),
    ("a result and an error", _with(b'"id":1,"result":1,"error":{"code":1,"message":""}'), _REQUEST),
    ("a result without an id", _with(b'"result":1'), _REQUEST),
    ("a result whose id is null", _with(b'"id":null,"result":1'), _REQUEST),
    ("an error without an id", _with(b'"error":{"code":1,"message":""}'), _REQUEST),
    ("an error that is null", _with(b'"id":1,"error":null'), _REQUEST),
    ("an error that is a text", _with(b'"id":1,"error":"no"'), _REQUEST),
    ("an error without a message", _with(b'"id":1,"error":{"code":1}'), _REQUEST),
    ("an error whose code is a text", _with(b'"id":1,"error":{"code":"denied","message":""}'), _REQUEST),
)
