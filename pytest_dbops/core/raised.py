"""What somebody else's code raised, in one line; whatever it raised is a word on a check, never the end of a run."""

from __future__ import annotations


def raised_line(err: BaseException) -> str:
    """Return type and text as one line: `KeyError: 'id'`, `SystemExit: 0`."""
    text = _text_of(err)
    return f"{type(err).__name__}: {text}" if text else type(err).__name__


def import_line(err: BaseException) -> str:
    """Return what went wrong while a module was imported; an exit is told as the call that it is."""
    if isinstance(err, SystemExit):
        return f"it calls sys.exit({'' if err.code is None else repr(err.code)})"
    return raised_line(err)


def _text_of(err: BaseException) -> str:
    try:
        return " ".join(str(err).split())
    except Exception:  # the exception is foreign code as well
        return ""
