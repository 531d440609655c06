"""Takes SIGTERM back from Ray, which handles it with a stack trace and the end of the process."""

import signal
import threading


def reclaim() -> None:
    """Have the program's own handler of SIGTERM work again; Python still knows which it is.

    As it connects, Ray puts a handler in its place that prints where the program was, calls it, and
    aborts the process three seconds later. Only the main thread can undo that.
    """
    handler = signal.getsignal(signal.SIGTERM)
    if threading.current_thread() is threading.main_thread() and handler is not None:
        signal.signal(signal.SIGTERM, handler)
