"""The agent on a person's laptop: from a face to a sealed summary, and from a sealed reply to words."""
