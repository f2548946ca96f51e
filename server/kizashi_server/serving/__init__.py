"""A process that serves: its calls, its parts put together, and what it does as time passes."""
