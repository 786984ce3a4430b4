"""When Python looks for garbage: not while a command imports and reads what it needs, and never again among that."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def kept(*, alone: bool) -> Iterator[None]:
    """Look for no garbage meanwhile, and take what is there then for no garbage, in a process that ends with a command.

    To look through what was imported and read, again and again while it grows and once more at the end of the process,
    costs as much as a third of it. In a process that goes on, as one that runs tests, everything stays as it was.
    """
    if not alone or not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
