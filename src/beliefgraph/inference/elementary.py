"""Vectorisable exp and log, by additions, multiplications and one division each.

The bits depend neither on how many are computed together nor on the C library; both are within one unit in the last
place of the true value. After fdlibm (Sun Microsystems, 1993).
"""

from __future__ import annotations

import math

import numpy as np

from beliefgraph.inference.native import native

_PER_LN2 = 1.4426950408889634
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
"""ln 2 in two parts, the first with trailing zeros, so that integer multiples of it are exact."""
_MANTISSA = 52
_ROOT_HALF = 0x3FE6A09E667F3BCD
"""The bits of √½."""


@native
def exponential(x: float) -> float:
    """e^x for |x| up to 700."""
    twos = math.floor(x * _PER_LN2 + 0.5)
    high, low = x - twos * _LN2_HIGH, twos * _LN2_LOW
    r = high - low
    s = r * r
    even = r - s * (
        1.66666666666666019037e-01
        + s
        * (
            -2.77777777770155933842e-03
            + s * (6.61375632143793436117e-05 + s * (-1.65339022054652515390e-06 + s * 4.13813679705723846039e-08))
        )
    )
    mantissa = 1.0 - ((low - (r * even) / (2.0 - even)) - high)
    return np.int64(np.float64(mantissa).view(np.int64) + (np.int64(twos) << _MANTISSA)).view(np.float64)


@native
def logarithm(x: float) -> float:
    """ln x for a finite positive x that is not subnormal."""
    bits = np.float64(x).view(np.int64)
    twos = (bits - _ROOT_HALF) >> _MANTISSA
    f = np.int64(bits - (twos << _MANTISSA)).view(np.float64) - 1.0  # from √½ to √2, less 1
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    odd = w * (3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01))
    even = z * (
        6.666666666666735130e-01
        + w * (2.857142874366239149e-01 + w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01))
    )
    half = 0.5 * f * f
    return twos * _LN2_HIGH - ((half - (s * (half + odd + even) + twos * _LN2_LOW)) - f)
