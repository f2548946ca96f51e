"""Words about what the laptop keeps, by language."""

from kizashi_agent.words import Words

page_say = Words("kizashi_agent.page", "keeping.toml").say
