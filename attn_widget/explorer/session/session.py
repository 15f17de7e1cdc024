"""WIP: the lead writes this."""
