"""`_Null`, MXNet's mark for a parameter that is left to the operator."""


class _NullType:
    """The class of `_Null`; there is one such object."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "_Null"

    def __bool__(self) -> bool:
        return False

    def __reduce__(self) -> str:
        return "_Null"


_Null = _NullType()
