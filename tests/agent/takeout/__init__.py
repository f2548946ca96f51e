"""Tests of taking everything along."""
