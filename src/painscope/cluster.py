"""Being part of a Ray cluster."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

from painscope.errors import UsageError

__all__ = ["connected"]


@contextmanager
def connected(address: str) -> Iterator[None]:
    """Be part of a Ray cluster for a while; of one that is joined already, stay part.

    Parameters
    ----------
    address : str
        ``ray``: the cluster that this machine is part of, or else this machine alone;
        ``ray://HOST:PORT``: a cluster's client server.

    Raises
    ------
    UsageError
        If Ray is not installed, or no cluster answers there.
    """
    if address != "ray" and not address.startswith("ray://"):
        raise UsageError(f"{address!r} is no cluster", hint="Use ray or ray://HOST:PORT.")
    # Before Ray is loaded: its own parts are to be quiet about retries.
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    try:
        import ray
    except ImportError:
        raise UsageError(
            "Ray is not installed", hint='Install it with: pip install "painscope[cluster]".'
        ) from None
    if ray.is_initialized():
        yield
        return
    try:
        ray.init(
            address=None if address == "ray" else address,
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
    except (ConnectionError, RuntimeError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise UsageError(f"no Ray cluster answers at {address}: {reason}") from None
    try:
        yield
    finally:
        ray.shutdown()
