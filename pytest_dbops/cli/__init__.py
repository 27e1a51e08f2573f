"""The command `dbops`: one line of errors, an exit code that tells them apart, and never a traceback."""

from __future__ import annotations

import os
import sys

from pytest_dbops.cli.parsing import parse
from pytest_dbops.core.errors import DbopsError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_dbops.cli.context import Context

DEBUG_VARIABLE = "DBOPS_DEBUG"
_BROKEN, _INTERRUPTED = 3, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; errors are one line on standard error."""
    _survive_odd_characters()
    context: Context | None = None
    try:
        asked = parse(sys.argv[1:] if argv is None else argv)
        if asked.module is None:
            return asked.exit_code
        from pytest_dbops.cli.context import Context

        context = Context(asked.options, asked.rest)
        code: int = asked.module.run(context)
        context.end()
        return code
    except KeyboardInterrupt:
        if sys.stderr is not None:
            print("\ndbops: interrupted", file=sys.stderr)
        return _INTERRUPTED
    except BrokenPipeError:  # outside a result: whoever read our output has gone
        return _BROKEN
    except DbopsError as err:
        _show_frames(err, context)
        _complain(str(err), context)
        return err.exit_code
    except BaseException as err:  # a defect, or code of the project that ends the process: nothing was judged
        from pytest_dbops.core.raised import raised_line

        _show_frames(err, context)
        _complain(f"{raised_line(err)} ({_cause(err)}: {DEBUG_VARIABLE}=1 shows where)", context)
        return _BROKEN
    finally:
        _flush()


def _cause(err: BaseException) -> str:
    return "this is a defect" if isinstance(err, Exception) else "nothing was judged"


def _complain(text: str, context: Context | None) -> None:
    """Print one line to standard error, over a line of progress."""
    if sys.stderr is None:
        return
    if context is not None:
        context.end_progress()
    print(f"dbops: {' '.join(_masked(text, context).split())}", file=sys.stderr)


def _show_frames(err: BaseException, context: Context | None) -> None:
    """Print the traceback where DBOPS_DEBUG asks for it; without values of variables, and masked."""
    if os.environ.get(DEBUG_VARIABLE, "") not in ("", "0") and sys.stderr is not None:
        import traceback

        print(_masked("".join(traceback.format_exception(err)), context), end="", file=sys.stderr)


def _masked(text: str, context: Context | None) -> str:
    from pytest_dbops.config.process_mask import mask_of_process

    text = mask_of_process(os.environ)(text)
    return text if context is None else context.mask(text)


def _survive_odd_characters() -> None:
    """Print what the terminal's encoding lacks as an escape, rather than break."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _flush() -> None:
    """Empty standard output now, so that a closed pipe is no complaint of the interpreter at its end."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
