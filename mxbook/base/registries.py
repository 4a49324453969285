"""Tables of classes by name, one for each base class; `mx.registry` makes functions of them."""

tables: dict[type, dict[str, type]] = {}


def table(base_class: type) -> dict[str, type]:
    """The table of a base class: its known subclasses by name in lower case.

    >>> table(int) is table(int)
    True
    """
    return tables.setdefault(base_class, {})
