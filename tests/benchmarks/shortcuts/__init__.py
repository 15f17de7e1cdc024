"""Whether planted shortcuts come to light, and honest networks stay clear of suspicion."""
