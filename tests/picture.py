"""Writes the README's picture: the feedback of a check of the bundled clip, as a terminal shows it.

usage: python -m tests.picture FILE.svg
"""

import io
import re
import sys
from pathlib import Path

from kizashi_agent.capture import VideoFile
from kizashi_agent.demo import demo_clip
from kizashi_agent.extractor import open_extractor
from kizashi_agent.pipeline import measure
from kizashi_agent.segments import DEFAULT_NEUTRAL
from kizashi_agent.show.showing import show_feedback
from kizashi_models.feedback import compose
from kizashi_models.scorer import score
from kizashi_models.scorer_loading import load_scorer
from rich.console import Console

# Its stylesheet names fonts on another host; a picture of ours loads nothing from anywhere.
_FONT_FACE = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


def main() -> None:
    """Measures, scores and draws."""
    with demo_clip() as clip, VideoFile(clip) as source:
        measured = measure(source, open_extractor(), DEFAULT_NEUTRAL, lambda _: None)
    scorer = load_scorer(None, "research-prior/1")
    console = Console(record=True, width=92, file=io.StringIO())
    show_feedback(console, compose(score(measured.summary, scorer), "en", ()))
    drawing = _FONT_FACE.sub("", console.export_svg(title="kizashi demo"))
    Path(sys.argv[1]).write_text(drawing, "utf-8")


if __name__ == "__main__":
    main()
