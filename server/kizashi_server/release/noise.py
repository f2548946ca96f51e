"""The noise of released figures, drawn by OpenDP; nothing else of the server needs that library."""

from collections.abc import Sequence

from kizashi_server.errors import ReleaseRefused

SENSITIVITY = 1
"""One person is in one count: added or removed, they change it by one."""


def laplace_noise(counts: Sequence[int], epsilon: int) -> Sequence[int]:
    """The counts, each with discrete Laplace noise of scale sensitivity / epsilon.

    The distribution: Ghosh, Roughgarden and Sundararajan, Universally Utility-Maximizing Privacy
    Mechanisms (SIAM J. Comput. 2012), there called geometric. Its values are whole numbers, so
    that no rounding of floating point tells what they were added to.

    Raises:
        ReleaseRefused: the library is not installed, or states another privacy loss.
    """
    try:
        import opendp.prelude as dp  # noqa: PLC0415 - an extra, needed here alone
    except ImportError:
        raise ReleaseRefused(
            "opendp is not installed",
            "Nothing was released: the library that draws the noise is not installed. Install it "
            "in the project's folder with: pip install '.[server,cohort]'",
            reason="EXTRA_MISSING",
        ) from None
    dp.enable_features("contrib")
    space = (
        dp.vector_domain(dp.atom_domain(T=int), size=len(counts)),
        dp.l1_distance(T=int),
    )
    measurement = dp.m.make_geometric(*space, scale=SENSITIVITY / epsilon)
    stated: float = measurement.map(SENSITIVITY)  # type: ignore[no-untyped-call]
    if stated > epsilon:
        raise ReleaseRefused(
            "opendp states a larger epsilon",
            "Nothing was released: this version of opendp states a larger privacy loss than is "
            "written to the ledger. Install another in the project's folder: pip install '.[server,cohort]'",
            reason="NOISE_TOO_SMALL",
        )
    noised: list[int] = measurement(list(counts))
    return noised
