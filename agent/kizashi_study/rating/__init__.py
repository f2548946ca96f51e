"""Raters see the study's clips, silent and in an order of their own, and score what they see."""
