"""Errors as sentences that name what they are about, whatever was raised."""

from __future__ import annotations

import traceback
from pathlib import Path

from ...errors import BadInput, StylizerError


def naming(subject: Path, error: StylizerError) -> StylizerError:
    """The error, beginning with the file that it is about unless it says so itself."""
    text = str(error).replace(str(subject.resolve()), str(subject))
    if text == str(error) and text.startswith(str(subject)):
        return error
    return with_trace_of(error, type(error)(text if text.startswith(str(subject)) else f"{subject}: {text}"))


def unexpected(subject: Path, error: Exception) -> StylizerError:
    """What no room has foreseen, as a sentence."""
    if isinstance(error, OSError):
        reason = f"{error.filename or 'a temporary file'}: {error.strerror or error}"
        why = f"a file cannot be read or written ({reason}); make room, or check the path"
    else:
        reason = f"{type(error).__name__}: {str(error)[:300]}"
        why = f"it cannot be worked on ({reason}); save or export it anew"
    return with_trace_of(error, BadInput(f"{subject}: {why}"))


def with_trace_of(error: BaseException, problem: StylizerError) -> StylizerError:
    """The problem with the traceback of what led to it, for --verbose."""
    problem.add_note("".join(traceback.format_exception(error)))
    return problem
