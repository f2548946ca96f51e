"""A clip's labelled recording, made of the same measurements as its table."""

from dataclasses import dataclass, field

from kizashi_agent.errors import RecordingRefused
from kizashi_agent.extract import Recipe
from kizashi_agent.measurement import FrameMeasurement
from kizashi_agent.pipeline import LAST_MOMENT, conclude
from kizashi_models.labelled_recordings import recording_line


@dataclass(slots=True)
class GateAndSummary:
    """What `kizashi check` would say of the clip: the recording gate's word, then the summary.

    Kept is nothing after `LAST_MOMENT`: the gate refuses whatever is longer.
    """

    recipe: Recipe
    _heard: list[FrameMeasurement] = field(default_factory=list, repr=False)

    def hear(self, measurement: FrameMeasurement) -> None:
        """See `Observer`."""
        if not self._heard or self._heard[-1].timestamp <= LAST_MOMENT:
            self._heard.append(measurement)

    def made(self) -> str:
        """The recording as a line that names nobody; with it the gate's first reason of a no."""
        try:
            measured = conclude(self._heard, self.recipe.neutral, self.recipe.extractor_id)
        except RecordingRefused as error:
            return recording_line(None, error.reason, None, {})
        return recording_line(None, measured.summary, None, {})
