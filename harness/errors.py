"""The errors that people can cause or mend; each knows its exit code.

HarnessError
├── InputError          a file, a setting or an option cannot be used
├── ModelError          the endpoint gave no usable completion
├── LoopError           the loop under test broke
├── ToolBroken          a scenario's own tool broke
└── CassetteError       a case cannot be replayed
    ├── CassetteMissing     nothing is recorded
    ├── CassetteUnreadable  the file cannot be read
    ├── CassetteStale       the loop asks something else than was recorded
    ├── CassetteOverrun     the loop asks for more than was recorded
    ├── CassetteUnsafe      what was recorded holds a secret and is not saved
    ├── CeilingReached      no more requests or tokens may be spent
    ├── EndpointBusy        the endpoint has put everybody off for too long
    └── NetworkRefused      a request or a connection was made where none may leave
"""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import ClassVar


class HarnessError(Exception):
    """Something that a person can mend; the message says what, where and how."""

    exit_code: ClassVar[int] = 2
    kind: ClassVar[str] = "harness"


class InputError(HarnessError):
    """Files, settings or options that cannot be used, all problems at once, one line each."""

    kind = "input"

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class ModelError(HarnessError):
    """The endpoint gave no usable chat completion; the message is the provider's own."""

    kind = "model"


class LoopError(HarnessError):
    """The loop under test raised something that it should not."""

    kind = "loop"


class ToolBroken(HarnessError):
    """A scenario's own tool raised something that it should not."""

    kind = "tool"


class CassetteError(HarnessError):
    """A case cannot be replayed or recorded."""

    kind = "cassette"


class CassetteMissing(CassetteError):
    """Nothing is recorded for the case."""

    kind = "missing"


class CassetteUnreadable(CassetteError):
    """The cassette's file cannot be read."""

    kind = "unreadable"


class CassetteStale(CassetteError):
    """The loop asks something else than was recorded."""

    kind = "stale"


class CassetteOverrun(CassetteError):
    """The loop asks for more than was recorded."""

    kind = "overrun"


CASSETTE_STATES = frozenset(
    error.kind for error in (CassetteMissing, CassetteUnreadable, CassetteStale, CassetteOverrun)
)
"""The kinds of error that recording the case again mends."""


class CassetteUnsafe(CassetteError):
    """What was recorded holds a secret, so that it is not saved."""

    kind = "unsafe"


class CeilingReached(CassetteError):
    """A recording has used up the requests or tokens that it was given."""

    kind = "ceiling"


class EndpointBusy(CassetteError):
    """An endpoint has put everybody off for so long that nothing more is asked of it."""

    kind = "busy"


UNASKED = frozenset(error.kind for error in (CeilingReached, EndpointBusy))
"""The kinds of error after which a recording goes on where it stopped, when it is started again."""


class NetworkRefused(CassetteError):
    """A request, a connection or a look-up was made where none may leave the process."""

    kind = "refused"


class ToolError(Exception):
    """A tool could not do what was asked; the loop tells the model why."""


def did_you_mean(word: str, known: Iterable[str], alike: float = 0.6) -> str:
    """Return ` (did you mean 'x'?)` for the known word nearest to this one, or an empty text.

    Words that are less `alike`, of which 1 is the same word, are not meant.
    """
    near = get_close_matches(word, list(known), n=1, cutoff=alike)
    return f" (did you mean '{near[0]}'?)" if near else ""
