"""What the person keeps of their checks on the laptop, and compares with each other."""
