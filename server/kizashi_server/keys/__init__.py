"""Keys and seeds on a server's disk, and where each is in its life."""
