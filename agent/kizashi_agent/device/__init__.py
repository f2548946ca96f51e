"""What the agent keeps on the laptop, and the keys that grow from the seed kept there."""
