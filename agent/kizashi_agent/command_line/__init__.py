"""How each command of `kizashi` is typed."""
