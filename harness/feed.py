"""A record's replies, played as if they came from the model, whatever the loop asks, and recorded with what it asks."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vcr.record_mode import RecordMode
from vcr.request import Request

from harness.cassette import Listener, Tape
from harness.errors import CassetteOverrun
from harness.layout import Recorded
from harness.pieces import Pieces
from harness.scrubbing import plain_request


class Feed(Tape):
    """A tape that gives replies in their order, and records them as answers to the requests that were made."""

    def __init__(self, path: Path, listener: Listener, pieces: Pieces, replies: Sequence[bytes]) -> None:
        super().__init__(path, RecordMode.ALL, listener, pieces)
        self._left = list(replies)

    @property
    def left(self) -> int:
        """How many replies were not asked for."""
        return len(self._left)

    def can_play_response_for(self, request: Request) -> bool:  # noqa: ARG002 - vcrpy asks
        """Tell that there is a reply, and refuse the request where there is none; none ever leaves."""
        if self.error is None and not self._left:
            there = "one reply" if len(self.data) == 1 else f"{len(self.data)} replies"
            self.error = CassetteOverrun(f"the loop asks for more than the {there} of the record")
        if self.error is not None:
            raise self.error
        return True

    def play_response(self, request: Request) -> Any:
        """Return the next reply."""
        response = {
            "status": {"code": 200, "message": "OK"},
            "headers": {"content-type": ["application/json"]},
            "body": {"string": self._left.pop(0)},
        }
        kept = Recorded(plain_request(request), response)
        self.data.append(kept)
        self._told(self._read(kept.request), response)
        return response
