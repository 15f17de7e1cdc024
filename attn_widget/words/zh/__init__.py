"""The words in Chinese, each under the name that it has in English."""
