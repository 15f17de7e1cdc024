"""Fast drawing of text, images and whole figures: all the code that relies on Matplotlib's private attributes."""
