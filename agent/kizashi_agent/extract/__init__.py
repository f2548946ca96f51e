"""Videos to tables of action units, one a clip, in OpenFace's form."""

from kizashi_agent.extract.beside import Observer, read_beside
from kizashi_agent.extract.outcome import ClipOutcome, ExtractOutcome, Progress, Status
from kizashi_agent.extract.record import Recipe, replacing
from kizashi_agent.extract.run import Extraction, extract, run_extract

__all__ = [
    "ClipOutcome",
    "ExtractOutcome",
    "Extraction",
    "Observer",
    "Progress",
    "Recipe",
    "Status",
    "extract",
    "read_beside",
    "replacing",
    "run_extract",
]
