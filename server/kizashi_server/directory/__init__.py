"""The signed directory: what it lists, who certifies it, and how its keys turn."""
