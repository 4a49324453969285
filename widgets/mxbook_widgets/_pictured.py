"""What all widgets share: beside each view a picture is stored, for places where none can live."""

from typing import Any

import anywidget


class Pictured(anywidget.AnyWidget):
    """A widget whose outputs hold pictures of what it shows."""

    def _pictures(self) -> tuple[dict, dict]:
        """Data and metadata of the stored forms, PNG and words among them."""
        raise TypeError(f"{type(self).__name__} does not say what is stored")

    def _repr_mimebundle_(self, **wanted: Any) -> tuple[dict, dict]:
        """The widget, and the pictures."""
        found = super()._repr_mimebundle_(**wanted)
        view, extra = found if isinstance(found, tuple) else (found or {}, {})
        data, metadata = self._pictures()
        return {**view, **data}, {**extra, **metadata}
