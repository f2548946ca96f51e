"""How each command of `kizashi-server` is typed, and what it says."""
