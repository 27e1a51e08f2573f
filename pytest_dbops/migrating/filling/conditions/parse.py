"""Read a condition as PostgreSQL words it in its catalog, or as a SQLite table's text has it."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

from pytest_dbops.migrating.filling.conditions.nodes import Apply, Constant, Name, Node
from pytest_dbops.migrating.filling.conditions.tokens import NotRead, Token, cut

_COMPARISONS = ("=", "==", "<>", "!=", "<", ">", "<=", ">=")
_SAME = {"==": "=", "!=": "<>"}
_BINDING = {
    **dict.fromkeys(("or",), 1),
    **dict.fromkeys(("and",), 2),
    **dict.fromkeys(_COMPARISONS, 5),
    **dict.fromkeys(
        ("~~", "!~~", "~~*", "!~~*", "~", "!~", "~*", "!~*", "->", "->>", "@>", "<@", "&&", "||", "&", "|"), 7
    ),
    **dict.fromkeys(("<<", ">>", "#", "?"), 7),
    **dict.fromkeys(("+", "-"), 8),
    **dict.fromkeys(("*", "/", "%"), 9),
    "^": 10,
}
_NOT, _IS, _RANGE, _SIGN, _CAST = 3, 4, 6, 11, 12
_CONSTANTS = {"null": None, "true": True, "false": False}
_TWO_WORDS = {"character": "varying", "double": "precision", "bit": "varying"}
_LIKE = {"like": "~~", "ilike": "~~*", "regexp": "~"}


@lru_cache(maxsize=8192)
def parse_condition(text: str) -> Node | None:
    """Return the condition, ``None`` where it is not understood."""
    try:
        reader = _Reader(cut(text))
        node = reader.expression(0)
        return node if reader.is_done else None
    except (NotRead, RecursionError):
        return None


class _Reader:
    """A place in the tokens of one condition, and precedence climbing from there."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.place = 0

    @property
    def is_done(self) -> bool:
        return self.place >= len(self.tokens)

    def at(self, ahead: int = 0) -> Token:
        place = self.place + ahead
        return self.tokens[place] if place < len(self.tokens) else Token("end", "")

    def take(self) -> Token:
        token = self.at()
        if token.kind == "end":
            raise NotRead("the end")
        self.place += 1
        return token

    def accept(self, *words: str) -> bool:
        """Step over words or signs when they come next."""
        for ahead, word in enumerate(words):
            token = self.at(ahead)
            if token.word != word and not (token.kind == "sign" and token.text == word):
                return False
        self.place += len(words)
        return True

    def expect(self, word: str) -> None:
        if not self.accept(word):
            raise NotRead(f"{self.at().text} instead of {word}")

    def expression(self, floor: int) -> Node:
        left = self._prefix()
        while (more := self._infix(left, floor)) is not None:
            left = more
        return left

    def _infix(self, left: Node, floor: int) -> Node | None:
        token = self.at()
        sign = token.text if token.kind == "sign" else token.word
        if sign == "::" and floor < _CAST:
            self.take()
            return Apply("cast", (left,), self._type())
        if sign in ("is", "isnull", "notnull") and floor < _IS:
            self.take()
            return self._is(left, sign)
        if sign in ("not", "in", "between", *_LIKE) and floor < _RANGE:
            return self._ranged(left)
        if sign == "collate":
            self.take()
            self._dotted()
            return left
        binding = _BINDING.get(sign)
        if binding is None or binding <= floor:
            return None
        self.take()
        if binding == 5 and self.at().word in ("any", "all", "some"):
            return self._quantified(left, _SAME.get(sign, sign))
        return Apply(_SAME.get(sign, sign), (left, self.expression(binding)))

    def _is(self, left: Node, word: str) -> Node:
        if word != "is":
            return _negated(Apply("is null", (left,)), when=word == "notnull")
        is_not = self.accept("not")
        if self.accept("distinct", "from"):
            return _negated(Apply("is", (left, self.expression(_IS))), when=not is_not)
        if self.accept("unknown"):
            return _negated(Apply("is null", (left,)), when=is_not)
        right = self.expression(_IS)
        if right == Constant(None):
            return _negated(Apply("is null", (left,)), when=is_not)
        return _negated(Apply("is", (left, right)), when=is_not)

    def _ranged(self, left: Node) -> Node:
        is_not = self.accept("not")
        word = self.take().word
        if word == "between":
            symmetric = self.accept("symmetric")
            low = self.expression(_RANGE)
            self.expect("and")
            high = self.expression(_RANGE)
            if symmetric:
                raise NotRead("symmetric")
            node: Node = Apply("and", (Apply(">=", (left, low)), Apply("<=", (left, high))))
        elif word == "in":
            self.expect("(")
            node = Apply("any =", (left, *self._listed(")")))
        elif word in _LIKE:
            node = Apply(_LIKE[word], (left, self.expression(_RANGE)))
            if self.accept("escape"):
                raise NotRead("escape")
        else:
            raise NotRead(word)
        return _negated(node, when=is_not)

    def _quantified(self, left: Node, sign: str) -> Node:
        quantifier = "all" if self.take().word == "all" else "any"
        self.expect("(")
        array = self.expression(0)
        self.expect(")")
        while isinstance(array, Apply) and array.operator == "cast":
            array = array.arguments[0]
        if isinstance(array, Constant) and isinstance(array.value, str) and array.value.startswith("{"):
            items: tuple[Node, ...] = tuple(Constant(each.strip('"')) for each in array.value[1:-1].split(","))
        elif isinstance(array, Apply) and array.operator == "array":
            items = array.arguments
        else:
            raise NotRead("an array that is no list")
        return Apply(f"{quantifier} {sign}", (left, *items))

    def _prefix(self) -> Node:
        token = self.take()
        if token.kind == "number":
            return Constant(_number(token.text))
        if token.kind == "string":
            return Constant(token.text)
        if token.kind == "blob":
            return Constant(bytes.fromhex(token.text))
        if token.kind == "sign":
            return self._signed(token.text)
        word = token.word
        if word == "not":
            return _negated(self.expression(_NOT), when=True)
        if word in _CONSTANTS and self.at().text not in ("(", "."):
            return Constant(_CONSTANTS[word])
        if word == "case":
            return self._case()
        if word == "cast" and self.accept("("):
            inside = self.expression(0)
            self.expect("as")
            kind = self._type()
            self.expect(")")
            return Apply("cast", (inside,), kind)
        if word == "array" and self.accept("["):
            return Apply("array", self._listed("]"))
        return self._named(token)

    def _signed(self, sign: str) -> Node:
        if sign == "(":
            parts = self._listed(")")
            return parts[0] if len(parts) == 1 else Apply("row", parts)
        if sign in ("-", "+"):
            inside = self.expression(_SIGN)
            if isinstance(inside, Constant) and isinstance(inside.value, int | Decimal):
                return Constant(-inside.value if sign == "-" else inside.value)
            return Apply("negative", (inside,)) if sign == "-" else inside
        raise NotRead(sign)

    def _named(self, token: Token) -> Node:
        name = token.text
        while self.at().text == "." and self.at(1).kind in ("word", "quoted"):
            self.take()
            name = self.take().text
        if not self.accept("("):
            if token.kind not in ("word", "quoted"):
                raise NotRead(token.text)
            return Name(name)
        word = name.lower()
        if word in ("trim", "btrim") and self.at().word in ("both", "leading", "trailing"):
            if self.take().word != "both":
                raise NotRead("half a trim")
            self.expect("from")
            word = "btrim"
        return Apply(word, self._spoken(word) or self._listed(")"))

    def _spoken(self, word: str) -> tuple[Node, ...]:
        """Read arguments that are set apart by words; none where there are none such."""
        if word == "position" and self._has_before_end("in"):
            part = self.expression(_RANGE)
            self.expect("in")
            arguments: tuple[Node, ...] = (self.expression(0), part)
        elif word == "substring" and self._has_before_end("from"):
            arguments = (self.expression(0),)
            while self.accept("from") or self.accept("for"):
                arguments = (*arguments, self.expression(0))
        elif word == "extract":
            field = Constant(self.take().text)
            self.expect("from")
            arguments = (field, self.expression(0))
        else:
            return ()
        self.expect(")")
        return arguments

    def _has_before_end(self, word: str) -> bool:
        depth = 0
        for token in self.tokens[self.place :]:
            depth += (token.text == "(") - (token.text == ")") if token.kind == "sign" else 0
            if depth < 0:
                return False
            if depth == 0 and token.word == word:
                return True
        return False

    def _listed(self, end: str) -> tuple[Node, ...]:
        found: list[Node] = []
        if self.accept(end):
            return ()
        while True:
            found.append(self.expression(0))
            if self.accept(end):
                return tuple(found)
            self.expect(",")

    def _case(self) -> Node:
        parts: list[Node] = []
        subject = None if self.at().word == "when" else self.expression(0)
        while self.accept("when"):
            condition = self.expression(0)
            self.expect("then")
            parts += [condition if subject is None else Apply("=", (subject, condition)), self.expression(0)]
        parts.append(self.expression(0) if self.accept("else") else Constant(None))
        self.expect("end")
        return Apply("case", tuple(parts))

    def _type(self) -> str:
        name = self._dotted()
        if self.at().word == _TWO_WORDS.get(name.lower(), "-"):
            name += " " + self.take().text
        if self.accept("("):
            self._listed(")")
        if self.accept("with", "time", "zone"):
            name += "tz"
        self.accept("without", "time", "zone")
        while self.accept("[", "]"):
            name += "[]"
        return name.lower()

    def _dotted(self) -> str:
        name = self.take().text
        while self.accept("."):
            name = self.take().text
        return name


def _negated(node: Node, *, when: bool) -> Node:
    return Apply("not", (node,)) if when else node


def _number(text: str) -> int | Decimal:
    return int(text) if text.isdigit() else Decimal(text)
