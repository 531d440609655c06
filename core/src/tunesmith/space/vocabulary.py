"""Which kinds of parameters a searcher understands."""

import msgspec


class Vocabulary(msgspec.Struct, frozen=True, kw_only=True):
    """Everybody understands real numbers between two bounds; what else is said here.

    `log`: real (and, with `integer`, whole) numbers on a log scale. `integer`: whole numbers.
    `ordinal`, `categorical`: options with and without an order. `step`: multiples of a step, on a
    linear scale. `normal`: normally distributed numbers. `conditional`: parameters that exist only
    for some options of another.
    """

    log: bool = False
    integer: bool = False
    ordinal: bool = False
    categorical: bool = False
    step: bool = False
    normal: bool = False
    conditional: bool = False
