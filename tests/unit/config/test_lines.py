"""The line index finds what TOML parsers find, in every way a key can be written."""

from __future__ import annotations

import pytest

from pytest_dbops.config.lines import KeyPath, LineIndex

TEXT = '''\
# [not.a.table]
top = """
[not.a.table]
fake = 1
"""

[env.staging]  # comment
url = "a # b [c"
require = [
  "tls",
  # ["x"]
  "anonymized",
]
seeding = { demo = false }
expect.host = "db"
"quoted key" = 1

[[waiver]]
check = "A"
[[waiver]]
check = 'B'
[waiver.more]
deep = 1
[ env . "production" ]
url = \'\'\'x
[gate]
\'\'\'
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("top",), 2),
        (("env",), 7),
        (("env", "staging"), 7),
        (("env", "staging", "url"), 8),
        (("env", "staging", "require"), 9),
        (("env", "staging", "seeding"), 14),
        (("env", "staging", "seeding", "demo"), 14),
        (("env", "staging", "expect"), 15),
        (("env", "staging", "expect", "host"), 15),
        (("env", "staging", "quoted key"), 16),
        (("env", "staging", "unwritten"), 7),
        (("waiver",), 18),
        (("waiver", 0, "check"), 19),
        (("waiver", 1), 20),
        (("waiver", 1, "check"), 21),
        (("waiver", 1, "more", "deep"), 23),
        (("env", "production", "url"), 25),
        (("gate",), None),
        (("fake",), None),
        (("not",), None),
    ],
)
def test_key_is_found_on_its_line(path: KeyPath, line: int | None) -> None:
    assert LineIndex(TEXT).line_of(path) == line
