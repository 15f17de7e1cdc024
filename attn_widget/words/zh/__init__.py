"""The words in Chinese."""
