"""Words that no text of a site's own may bring into a person's feedback, in both languages.

Names of conditions and of inferred feelings, odds and shares of a hundred, words of testing, and
promises: what a person could take for a finding about themselves. Kizashi's own words are held to
more by a test; this is what is asked of the words that a site writes into norms.
"""

from __future__ import annotations

import re

_REFUSED = re.compile(
    r"emotion|depress|\banxi(?:ety|ous)|disorder|disease|illness|\bmental|psychi|symptom|patient|suicid|"
    r"self-harm|\brisk|percent|%|％|probab|\blikel|\bodds\b|\bchances?\b|\bscreen(?:ing|ed)|treatment|"
    r"diagnos|guarantee|accura|\bproven|\bdetect|\bpredict|\bcure[sd]?\b|\bhealthy|"
    # Not the name of a school.
    r"\bnormal\b(?! (?:university|college|school))|\babnormal|"
    r"感情|情動|うつ|鬱|不安|障害|疾患|病気|症状|患者|自殺|自傷|危険|リスク|パーセント|確率|可能性|"
    r"正常|異常|陽性|陰性|疑い|治療|診断|保証|必ず|検出|予測|正確|健常|精神",
    re.IGNORECASE,
)


def refused_words(text: str) -> list[str]:
    """What of a text people may not be told, in its order; empty where all of it may be."""
    return _REFUSED.findall(text)
