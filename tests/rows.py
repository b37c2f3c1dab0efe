"""One test for all rows of a table. pytest itself takes 8 ms for each test, and most rows take less than one."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any

Test = Callable[..., None]


def each_row(names: str, table: Iterable[Any]) -> Callable[[Test], Test]:
    """Return what makes a test run once for each row, as ``pytest.mark.parametrize`` does, but as one test.

    All rows share the fixtures, but each has a ``tmp_path`` of its own. Every row is run, and each that fails is told,
    by its ``pytest.param`` id if it has one.
    """
    arguments = [name.strip() for name in names.split(",")]
    listed = [_labelled(row, is_one=len(arguments) == 1) for row in table]
    assert listed, "a table without rows shows nothing"

    def decorate(test: Test) -> Test:
        def of_all_rows(**fixtures: Any) -> None:
            __tracebackhide__ = True
            failed = []
            for number, (label, values) in enumerate(listed):
                given = fixtures | dict(zip(arguments, values, strict=True))
                if "tmp_path" in fixtures:
                    given["tmp_path"] = fixtures["tmp_path"] / str(number)
                    given["tmp_path"].mkdir()
                try:
                    test(**given)
                except Exception as error:
                    error.add_note(f"in the row {label}")
                    failed.append(error)
            if len(failed) == 1:
                raise failed[0]
            if failed:
                raise ExceptionGroup(f"{len(failed)} of {len(listed)} rows", failed)

        for name in ("__name__", "__qualname__", "__doc__", "__module__"):
            setattr(of_all_rows, name, getattr(test, name))
        of_all_rows.__dict__.update(test.__dict__)  # marks
        signature = inspect.signature(test)
        left = [each for name, each in signature.parameters.items() if name not in arguments]
        of_all_rows.__signature__ = signature.replace(parameters=left)  # type: ignore[attr-defined]
        return of_all_rows

    return decorate


def _labelled(row: Any, *, is_one: bool) -> tuple[str, tuple[Any, ...]]:
    """Return how a row is named, and its values."""
    if hasattr(row, "marks"):  # of pytest.param
        assert not row.marks, "a row has no marks of its own"
        return row.id or repr(row.values)[:300], tuple(row.values)
    return repr(row)[:300], (row,) if is_one else tuple(row)
