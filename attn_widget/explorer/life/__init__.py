"""What becomes of a panel: its cells, sleeping and waking, background work."""
