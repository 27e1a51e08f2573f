"""Make a text that a regular expression or a LIKE pattern accepts; for the patterns people write in checks."""

from __future__ import annotations

import re

_CLASSES = {"d": "0123456789", "w": "abcdefghijklmnopqrstuvwxyz0123456789_", "s": " "}
_ANY = "abcdefghijklmnopqrstuvwxyz0123456789"
_COUNT = re.compile(r"\{(\d+)(?:,(\d*))?\}")
_NAMED = {"alpha": "abcdefghijklmnopqrstuvwxyz", "digit": "0123456789", "alnum": _ANY, "upper": _ANY[:26].upper()}
_NAMED |= {"lower": _ANY[:26], "space": " ", "xdigit": "0123456789abcdef"}


def like_sample(pattern: str, number: int) -> str:
    """Return a text that LIKE accepts; other numbers give other texts where the pattern leaves room."""
    return pattern.replace("%", str(number + 1)).replace("_", _ANY[number % len(_ANY)])


def regex_sample(pattern: str, number: int) -> str | None:
    """Return a text that the expression matches, ``None`` where it is too clever; varied by ``number``."""
    try:
        sampler = _Sampler(pattern, number)
        text = sampler.alternatives()
        return text if sampler.is_done and re.search(pattern, text) else None
    except (IndexError, ValueError, re.error, RecursionError):
        return None


class _Sampler:
    """Walks a pattern once; each choice among characters takes one digit of the number."""

    def __init__(self, pattern: str, number: int) -> None:
        self.pattern = pattern
        self.place = 0
        self.number = number

    @property
    def is_done(self) -> bool:
        return self.place >= len(self.pattern)

    def alternatives(self) -> str:
        found = self._sequence()
        while not self.is_done and self.pattern[self.place] == "|":
            self.place += 1
            self._sequence()
        return found

    def _sequence(self) -> str:
        text = ""
        while not self.is_done and self.pattern[self.place] not in "|)":
            characters = self._atom()
            least, most = self._counts()
            count = least or min(most, 1)
            text += "".join(self._pick(characters) for _ in range(count)) if isinstance(characters, list) else (
                characters * count
            )  # fmt: skip
        return text

    def _atom(self) -> list[str] | str:
        sign = self.pattern[self.place]
        self.place += 1
        if sign in "^$":
            return ""
        if sign == "(":
            if self.pattern.startswith("?:", self.place):
                self.place += 2
            elif self.pattern.startswith("?", self.place):
                raise ValueError("looks around")
            inside = self.alternatives()
            self.place += 1
            return inside
        if sign == "[":
            return self._set()
        if sign == ".":
            return list(_ANY)
        if sign == "\\":
            return self._escaped()
        return sign

    def _escaped(self) -> list[str] | str:
        sign = self.pattern[self.place]
        self.place += 1
        if sign in _CLASSES:
            return list(_CLASSES[sign])
        if sign in "bByYmMAZ":
            return ""
        if sign.isalpha():
            raise ValueError(sign)
        return sign

    def _set(self) -> list[str]:
        is_not = self.pattern[self.place] == "^"
        self.place += is_not
        found: list[str] = []
        while self.pattern[self.place] != "]" or not found:
            found += self._member()
        self.place += 1
        return [each for each in _ANY if each not in found] if is_not else found

    def _member(self) -> list[str]:
        if self.pattern.startswith("[:", self.place):
            end = self.pattern.index(":]", self.place)
            name, self.place = self.pattern[self.place + 2 : end], end + 2
            return list(_NAMED[name])
        first = self.pattern[self.place]
        self.place += 1
        if first == "\\":
            return list(self._escaped())
        if self.pattern[self.place] == "-" and self.pattern[self.place + 1] != "]":
            last = self.pattern[self.place + 1]
            self.place += 2
            return [chr(code) for code in range(ord(first), ord(last) + 1)]
        return [first]

    def _counts(self) -> tuple[int, int]:
        if self.is_done:
            return 1, 1
        sign = self.pattern[self.place]
        found = _COUNT.match(self.pattern, self.place)
        if found:
            self.place = found.end()
            least = int(found[1])
            counts = (least, int(found[2]) if found[2] else least)
        elif sign in "*+?":
            self.place += 1
            counts = {"*": (0, 1), "+": (1, 1), "?": (0, 1)}[sign]
        else:
            return 1, 1
        if not self.is_done and self.pattern[self.place] == "?":
            self.place += 1
        return counts

    def _pick(self, characters: list[str]) -> str:
        self.number, digit = divmod(self.number, len(characters))
        return characters[digit]
