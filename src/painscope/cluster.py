"""Being part of a Ray cluster."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from painscope.errors import UsageError

__all__ = ["check_address", "connected", "require_cluster"]

#: Ray's client says of a head that turns it away for want of a token what it says of none: that
#: it waited too long. Since Ray 2.59 a head asks for a token as soon as it finds one at its start,
#: but the client, given an address, looks for none by itself.
TOKEN = "If it wants a token, set RAY_AUTH_MODE=token and put the token into ~/.ray/auth_token."


def require_cluster(num_nodes: int, on: str | None, role: str = "training") -> None:
    """Raise UsageError if a training wants more than one node, and no cluster is named."""
    if num_nodes > 1 and on is None:
        raise UsageError(
            f"{role}: {num_nodes} nodes need a cluster",
            hint="Name it with --on: see docs/cluster.md.",
        )


def check_address(address: str) -> None:
    """Raise UsageError if `address` is none of a cluster, or Ray is not installed."""
    if address != "ray" and not address.startswith("ray://"):
        raise UsageError(f"{address!r} is no cluster", hint="Use ray or ray://HOST:PORT.")
    if find_spec("ray") is None:
        raise UsageError(
            "Ray is not installed", hint='Install it with: pip install "painscope[cluster]".'
        )


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
        If Ray is not installed, or no cluster answers there, perhaps for want of a token.
    """
    check_address(address)
    # Before Ray is loaded: its own parts are to be quiet about retries.
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    import ray

    if ray.is_initialized():
        yield
        return
    try:
        ray.init(
            address=None if address == "ray" else address,
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
    except Exception as error:  # Ray's, Python's, or gRPC's, which have nothing in common
        reason = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
        hint = "" if address == "ray" else TOKEN
        raise UsageError(f"no Ray cluster answers at {address}: {reason}", hint=hint) from error
    try:
        yield
    finally:
        ray.shutdown()
