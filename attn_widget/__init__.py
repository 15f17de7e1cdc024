"""A Jupyter widget that shows what an image model looks at."""
