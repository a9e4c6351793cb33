"""Reads SOQL: the part of the language the sandbox answers, and a refusal for every other query."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, NoReturn

from connectors.salesforce.sandbox_errors import ApiError

MAX_QUERY = 100_000
#: How deep parentheses may stand in each other.
DEPTH = 30
TOKEN = re.compile(
    r"""\s*(?:
      (?P<string>'(?:[^'\\]|\\.)*')
    | (?P<datetime>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:?\d\d))
    | (?P<date>\d{4}-\d\d-\d\d(?![\dT]))
    | (?P<number>[+-]?\d+(?:\.\d+)?(?![\w.]))
    | (?P<name>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)
    | (?P<sign><=|>=|!=|<>|=|<|>|\(|\)|,)
    )""",
    re.VERBOSE | re.ASCII | re.DOTALL | re.IGNORECASE,
)
ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", '"': '"', "'": "'", "\\": "\\"}
AGGREGATES = ("COUNT", "COUNT_DISTINCT", "SUM", "AVG", "MIN", "MAX")
COMPARISONS = ("=", "!=", "<>", "<", "<=", ">", ">=")
#: Words that end a field list or a condition, so that none of them is read as an alias.
WORDS = frozenset(("FROM", "WHERE", "GROUP", "ORDER", "LIMIT", "OFFSET", "AND", "OR", "NOT", "IN", "LIKE", "BY"))


@dataclass(frozen=True, slots=True)
class Literal:
    """``kind`` is string, number, boolean, null, date or datetime. A string for LIKE keeps its ``pattern``."""

    kind: str
    value: Any
    pattern: str = ""


@dataclass(frozen=True, slots=True)
class Aggregate:
    """Such as ``SUM(Amount)``; ``alias`` is what the answer calls it."""

    function: str
    path: str
    alias: str = ""


@dataclass(frozen=True, slots=True)
class Compare:
    path: str
    sign: str
    literal: Literal


@dataclass(frozen=True, slots=True)
class Among:
    """``IN`` and ``NOT IN``: values, or a query of one field."""

    path: str
    negated: bool
    values: tuple[Literal, ...] = ()
    query: Query | None = None


@dataclass(frozen=True, slots=True)
class Both:
    """All of the parts (AND), or any (OR)."""

    every: bool
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Negated:
    part: Condition


Condition = Compare | Among | Both | Negated


@dataclass(frozen=True, slots=True)
class Sorting:
    path: str
    descending: bool = False
    nulls_last: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """A query as written: names are not looked up yet. ``count`` is ``SELECT COUNT()``."""

    type: str
    fields: tuple[str | Aggregate, ...] = ()
    count: bool = False
    where: Condition | None = None
    group: tuple[str, ...] = ()
    order: tuple[Sorting, ...] = ()
    limit: int | None = None
    offset: int = 0


@dataclass(slots=True)
class _Token:
    kind: str
    text: str
    at: int


def parse(text: str) -> Query:
    """A query from its text.

    Raises:
        ApiError: it is none, or uses what the sandbox does not know (400 MALFORMED_QUERY).
    """
    if len(text) > MAX_QUERY:
        raise malformed(f"SOQL statements cannot be longer than {MAX_QUERY} characters.")
    reader = _Reader(text, _tokens(text))
    query = reader.query()
    reader.end()
    return query


def malformed(message: str) -> ApiError:
    return ApiError(400, "MALFORMED_QUERY", message)


def _tokens(text: str) -> list[_Token]:
    found, at, text = [], 0, text.rstrip()
    while at < len(text):
        hit = TOKEN.match(text, at)
        if hit is None or hit.lastgroup is None:
            at += len(text[at:]) - len(text[at:].lstrip())
            raise _at(text, at, f"unexpected token: '{text[at : at + 20]}'")
        found.append(_Token(hit.lastgroup, hit[hit.lastgroup], hit.start(hit.lastgroup)))
        at = hit.end()
    return found


def _at(text: str, at: int, message: str) -> ApiError:
    row, column = text.count("\n", 0, at) + 1, at - (text.rfind("\n", 0, at) + 1) + 1
    return malformed(f"\n{text[max(0, at - 40) : at + 40]}\n^\nERROR at Row:{row}:Column:{column}\n{message}")


@dataclass(slots=True)
class _Reader:
    """Reads one query from left to right."""

    text: str
    tokens: list[_Token]
    at: int = 0
    depth: int = 0
    inner: bool = False

    def query(self) -> Query:
        self.word("SELECT")
        fields, count = self.selected()
        self.word("FROM")
        type = self.name(dotted=False)
        where = self.conditions() if self.has("WHERE") else None
        group = self.list_of(self.path) if self.has("GROUP", "BY") else ()
        order = self.list_of(self.sorting) if self.has("ORDER", "BY") else ()
        limit = self.natural() if self.has("LIMIT") else None
        offset = self.natural() if self.has("OFFSET") else 0
        if offset > 2000:
            raise ApiError(400, "NUMBER_OUTSIDE_VALID_RANGE", "Maximum SOQL offset allowed is 2000")
        if group and count:
            self.fail("COUNT() takes no GROUP BY")
        return Query(type, fields, count, where, group, order, limit, offset)

    def selected(self) -> tuple[tuple[str | Aggregate, ...], bool]:
        if self.peek_words("COUNT") and self.sign_at(1) == "(" and self.sign_at(2) == ")":
            self.at += 3
            return (), True
        return self.list_of(self.selection), False

    def selection(self) -> str | Aggregate:
        if self.sign_at(1) != "(":
            return self.path()
        function = self.name().upper()
        if function not in AGGREGATES:
            self.at -= 1
            self.unexpected()
        self.sign("(")
        path = self.path()
        self.sign(")")
        token = self.token()
        named = token is not None and token.kind == "name" and token.text.upper() not in WORDS
        return Aggregate(function, path, self.name(dotted=False) if named else "")

    def conditions(self) -> Condition:
        """Conditions joined by AND, or by OR: never both without parentheses, as SOQL has it."""
        self.depth += 1
        if self.depth > DEPTH:
            self.fail("the conditions are nested too deeply")
        parts = [self.condition()]
        joined = ""
        while (word := "AND" if self.peek_words("AND") else "OR" if self.peek_words("OR") else "") and (
            joined in ("", word)
        ):
            self.at += 1
            joined = word
            parts.append(self.condition())
        if word:
            self.unexpected()
        self.depth -= 1
        return parts[0] if len(parts) == 1 else Both(joined == "AND", tuple(parts))

    def condition(self) -> Condition:
        if self.has("NOT"):
            self.depth += 1
            if self.depth > DEPTH:
                self.fail("the conditions are nested too deeply")
            part = Negated(self.condition())
            self.depth -= 1
            return part
        if self.sign_at(0) == "(":
            self.at += 1
            inside = self.conditions()
            self.sign(")")
            return inside
        path = self.path()
        if self.has("NOT", "IN"):
            return self.among(path, negated=True)
        if self.has("IN"):
            return self.among(path, negated=False)
        if self.has("LIKE"):
            literal = self.literal(pattern=True)
            if literal.kind != "string":
                self.at -= 1
                self.unexpected()
            return Compare(path, "LIKE", literal)
        token = self.token()
        if token is None or token.text not in COMPARISONS:
            self.unexpected()
        self.at += 1
        return Compare(path, "!=" if token.text == "<>" else token.text, self.literal())

    def among(self, path: str, *, negated: bool) -> Among:
        self.sign("(")
        if self.peek_words("SELECT"):
            if self.inner:
                self.fail("Nesting of semi join sub-selects is not supported")
            self.inner = True
            query = self.query()
            self.inner = False
            self.sign(")")
            return Among(path, negated, query=query)
        values = self.list_of(self.literal)
        self.sign(")")
        return Among(path, negated, values)

    def sorting(self) -> Sorting:
        path = self.path()
        descending = self.has("DESC")
        if not descending:
            self.has("ASC")
        last = self.has("NULLS", "LAST")
        if not last:
            self.has("NULLS", "FIRST")
        return Sorting(path, descending, last)

    def literal(self, pattern: bool = False) -> Literal:
        token = self.token()
        if token is None:
            self.unexpected()
        self.at += 1
        match token.kind:
            case "string":
                return self.string(token, pattern)
            case "number":
                return Literal("number", float(token.text))
            case "date" | "datetime":
                return Literal(token.kind, token.text)
            case "name" if token.text.upper() in ("TRUE", "FALSE"):
                return Literal("boolean", token.text.upper() == "TRUE")
            case "name" if token.text.upper() == "NULL":
                return Literal("null", None)
        self.at -= 1
        self.unexpected()

    def string(self, token: _Token, pattern: bool) -> Literal:
        said, read, at = token.text[1:-1], "", 0
        made = ""
        while at < len(said):
            letter = said[at]
            if letter != "\\":
                read += letter
                made += {"%": ".*", "_": "."}.get(letter) or re.escape(letter)
                at += 1
                continue
            after = said[at + 1]
            if after.lower() in ESCAPES:
                plain, step = ESCAPES[after.lower()], 2
            elif after in "%_" and pattern:
                plain, step = after, 2
            elif after in "uU" and re.fullmatch("[0-9A-Fa-f]{4}", said[at + 2 : at + 6], re.ASCII):
                plain, step = chr(int(said[at + 2 : at + 6], 16)), 6
            else:
                raise _at(self.text, token.at + at + 1, f"Illegal character sequence '\\{after}' in string literal.")
            read += plain
            made += re.escape(plain)
            at += step
        return Literal("string", read, made if pattern else "")

    def list_of(self, one: Any) -> tuple[Any, ...]:
        found = [one()]
        while self.sign_at(0) == ",":
            self.at += 1
            found.append(one())
        return tuple(found)

    def natural(self) -> int:
        token = self.token()
        if token is None or token.kind != "number" or not token.text.isdigit() or len(token.text) > 9:
            self.unexpected()
        self.at += 1
        return int(token.text)

    def path(self) -> str:
        return self.name()

    def name(self, *, dotted: bool = True) -> str:
        token = self.token()
        if token is None or token.kind != "name" or token.text.upper() in WORDS or ("." in token.text and not dotted):
            self.unexpected()
        self.at += 1
        return token.text

    def word(self, word: str) -> None:
        if not self.has(word):
            self.unexpected()

    def sign(self, sign: str) -> None:
        if self.sign_at(0) != sign:
            self.unexpected()
        self.at += 1

    def has(self, *words: str) -> bool:
        """Whether these words come next; they are read if so."""
        if not self.peek_words(*words):
            return False
        self.at += len(words)
        return True

    def peek_words(self, *words: str) -> bool:
        coming = self.tokens[self.at : self.at + len(words)]
        return [one.text.upper() for one in coming if one.kind == "name"] == list(words)

    def sign_at(self, ahead: int) -> str:
        place = self.at + ahead
        return self.tokens[place].text if place < len(self.tokens) and self.tokens[place].kind == "sign" else ""

    def token(self) -> _Token | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def end(self) -> None:
        if self.token() is not None:
            self.unexpected()

    def unexpected(self) -> NoReturn:
        token = self.token()
        if token is None:
            raise _at(self.text, len(self.text), "unexpected token: '<EOF>'")
        raise _at(self.text, token.at, f"unexpected token: '{token.text}'")

    def fail(self, message: str) -> NoReturn:
        token = self.token()
        raise _at(self.text, len(self.text) if token is None else token.at, message)
