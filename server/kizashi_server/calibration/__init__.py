"""A scorer of a site's own, fitted to its consenting people and compared with the one it had.

    labelled recordings -> people -> enough of them? -> out-of-fold predictions -> comparison
        -> a scorer's files, or why none was made

Stands on the extra `calibration`; a server at work imports none of it.
"""
