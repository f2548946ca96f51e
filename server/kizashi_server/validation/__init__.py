"""Measures a scorer on a site's own people, and writes what was and what was not shown.

    recordings -> people -> flow and performance, of all and by group -> report -> page and JSON

The parts are functions of values: the clock, the generator and files are handed in by the command.
They stand on the extra "calibration", and only that command imports them.
"""
