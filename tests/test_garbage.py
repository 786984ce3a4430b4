"""Garbage is not looked for while a command starts, and as before in every other process."""

import gc
import subprocess
import sys

from harness.garbage import kept

ALONE = """\
import gc
from harness.garbage import kept

with kept(alone=True):
    meanwhile = gc.isenabled()
    made = [[] for _ in range(100_000)]
print(meanwhile, gc.isenabled(), gc.get_freeze_count() > 100_000)
"""


def test_a_process_of_its_own_never_looks_at_what_it_started_with() -> None:
    """Meanwhile nothing is looked for; what is there then is left alone from then on."""
    done = subprocess.run([sys.executable, "-c", ALONE], capture_output=True, text=True, check=True)
    assert done.stdout == "False True True\n"


def test_a_process_that_goes_on_stays_as_it_is() -> None:
    """Where the process does not end with the command, garbage is looked for as ever."""
    before = gc.get_freeze_count()
    with kept(alone=False):
        assert gc.isenabled()
    assert (gc.isenabled(), gc.get_freeze_count()) == (True, before)
