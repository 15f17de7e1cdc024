"""Every text that users read in the panel, in figures and in an `Explanation`, each under a name of its own.

The texts of errors stand where they are raised.
"""
