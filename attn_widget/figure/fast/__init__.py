"""All that reaches into Matplotlib's privates: text, images and whole figures drawn fast."""
