"""Tests of `kizashi-server validate`."""
