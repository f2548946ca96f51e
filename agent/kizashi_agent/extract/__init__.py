"""Videos to tables of action units, one a clip, in OpenFace's form."""

from kizashi_agent.extract.outcome import ClipOutcome, ExtractOutcome, Progress, Status
from kizashi_agent.extract.run import Extraction, extract, run_extract

__all__ = [
    "ClipOutcome",
    "ExtractOutcome",
    "Extraction",
    "Progress",
    "Status",
    "extract",
    "run_extract",
]
