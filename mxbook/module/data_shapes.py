"""Names, shapes and parts of batches, as modules need them."""

import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from mxbook.base.context import Context
from mxbook.base.errors import ParameterError
from mxbook.io import DataDesc
from mxbook.symbol import Symbol


def check_names(symbol: Symbol, names: Sequence[str], kind: str, strict: bool) -> None:
    """Say so where a name is no argument of the symbol: ParameterError if strict, or a warning."""
    arguments = symbol.list_arguments()
    ends = ("_weight", "_bias", "_gamma", "_beta")
    for name in names:
        if name in arguments:
            continue
        likely = [a for a in arguments if not a.endswith(ends)]
        message = (
            f"You created Module with Module(..., {kind}_names={list(names)}) but input with name "
            f"'{name}' is not found in symbol.list_arguments(). Did you mean one of:\n\t"
            + "\n\t".join(likely)
        )
        if strict:
            raise ParameterError(message)
        warnings.warn(message, stacklevel=4)


def described(
    data_names: Sequence[str], label_names: Sequence[str], data_shapes: Any, label_shapes: Any
) -> tuple[list[DataDesc], list[DataDesc] | None]:
    """Shapes of data and labels as DataDesc.

    Raises ParameterError when the data have other names than the module; warns for labels.
    """
    data = [_desc(x) for x in data_shapes]
    _compare(data_names, data, "data", True)
    if label_shapes is None:
        _compare(label_names, [], "label", False)
        return data, None
    labels = [_desc(x) for x in label_shapes]
    _compare(label_names, labels, "label", False)
    return data, labels or None


def _desc(given: Any) -> DataDesc:
    return given if isinstance(given, DataDesc) else DataDesc(*given)


def _compare(names: Sequence[str], given: list[DataDesc], kind: str, strict: bool) -> None:
    if sorted(names) == sorted(desc.name for desc in given):
        return
    message = (
        f"Data provided by {kind}_shapes don't match names specified by {kind}_names "
        f"({given} vs. {list(names)})"
    )
    if strict:
        raise ParameterError(message)
    warnings.warn(message, stacklevel=4)


def batch_slices(batch_size: int, work_load_list: Sequence[float]) -> list[slice]:
    """Which examples each device gets, in proportion to its work load.

    Raises ParameterError where a device would get none.

    >>> batch_slices(5, [1, 1])
    [slice(0, 2, None), slice(2, 5, None)]
    """
    total = sum(work_load_list)
    counts = [round(batch_size * load / total) for load in work_load_list]
    short = batch_size - sum(counts)
    counts[-1] += short
    slices, end = [], 0
    for count in counts:
        begin = min(end, batch_size)
        end = min(begin + count, batch_size)
        if begin >= end:
            raise ParameterError(
                "Too many slices such that some splits are empty",
                values=[("batch", str(batch_size)), ("work loads", str(list(work_load_list)))],
            )
        slices.append(slice(begin, end))
    return slices


def batch_axes(descs: Iterable[DataDesc]) -> list[int]:
    """The axis of the examples in each array; -1 where there is none."""
    return [DataDesc.get_batch_axis(desc.layout) for desc in descs]


def resized(
    before: Sequence[DataDesc], shapes: Sequence[tuple[int, ...]]
) -> Callable[[DataDesc], tuple[int, ...]]:
    """A function that gives the shape of another array of a batch, whose data now have `shapes`.

    >>> size = resized([DataDesc("data", (4, 3))], [(2, 3)])
    >>> size(DataDesc("label", (4,)))
    (2,)
    """
    axes = batch_axes(before)
    counts = [shape[axis] for shape, axis in zip(shapes, axes, strict=True) if axis >= 0]

    def size(desc: DataDesc) -> tuple[int, ...]:
        axis, shape = DataDesc.get_batch_axis(desc.layout), tuple(desc.shape)
        return (*shape[:axis], counts[0], *shape[axis + 1 :]) if counts and axis >= 0 else shape

    return size


def device_groups(group2ctxs: Any, count: int) -> list[dict[str, Context]]:
    """For each of `count` devices the context of every `ctx_group` of the symbol.

    Given as a dict from group to contexts, or as a list of dicts.  Raises ParameterError for
    another number of contexts.
    """
    if group2ctxs is None:
        return [{} for _ in range(count)]
    if isinstance(group2ctxs, list):
        if len(group2ctxs) != count:
            raise ParameterError(f"group2ctxs has {len(group2ctxs)} dicts for {count} contexts")
        return [dict(groups) for groups in group2ctxs]
    found: list[dict[str, Context]] = [{} for _ in range(count)]
    for group, contexts in group2ctxs.items():
        listed = [contexts] if isinstance(contexts, Context) else list(contexts)
        if len(listed) not in (1, count):
            raise ParameterError(
                f"group {group!r} has {len(listed)} contexts", rule=f"1 or {count} of them"
            )
        for i, groups in enumerate(found):
            groups[group] = listed[i % len(listed)]
    return found
