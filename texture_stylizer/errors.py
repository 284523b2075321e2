"""Everything that can go wrong, as one small tree.

The same five leaves are raised in Python, travel between the processes, and decide exit statuses:

    StylizerError
      BadInput         this texture, style, file or argument cannot be used; others go on
      BadMachine       this computer lacks something: an interpreter, a library, disk space
        OutOfMemory    even the smallest tile did not fit
        MissingWeights the wanted feature network is not on this computer
      Cancelled        the user said stop

A message is one sentence that names the thing, the reason, and what to do about it.
"""

from __future__ import annotations

from typing import ClassVar


class StylizerError(Exception):
    """The root. `kind` is the name that is used between processes."""

    kind: ClassVar[str] = "error"


class BadInput(StylizerError):
    """A texture, style, file or argument that cannot be used."""

    kind = "bad_input"


class BadMachine(StylizerError):
    """Something this computer lacks or does wrong, whatever the input."""

    kind = "bad_machine"


class OutOfMemory(BadMachine):
    """Even the smallest tile does not fit into memory."""

    kind = "out_of_memory"


class MissingWeights(BadMachine):
    """The feature network that was asked for is not on this computer."""

    kind = "missing_weights"


class Cancelled(StylizerError):
    """The user stopped the run."""

    kind = "cancelled"


_BY_KIND = {leaf.kind: leaf for leaf in (BadInput, BadMachine, OutOfMemory, MissingWeights, Cancelled)}


def to_message(error: BaseException) -> dict[str, str]:
    """Describe `error` for another process: `{"kind", "message"}`.

    Errors from outside this tree arrive as `bad_machine`, named by their class.
    """
    if isinstance(error, StylizerError):
        return {"kind": error.kind, "message": str(error)}
    return {"kind": BadMachine.kind, "message": f"{type(error).__name__}: {error}"}


def from_message(message: dict[str, str]) -> StylizerError:
    """Build the error again that `to_message` described."""
    leaf = _BY_KIND.get(message.get("kind", ""), BadMachine)
    return leaf(message.get("message", "unknown error"))
