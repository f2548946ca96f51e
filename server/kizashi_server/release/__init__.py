"""What leaves a server for others than the person: figures about a group, summaries for research."""
