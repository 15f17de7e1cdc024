"""Every word that a person reads in the panel, the figures and an Explanation; a name is one sentence's key.

Errors say their own words where they are raised.
"""
