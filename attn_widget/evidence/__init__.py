"""Whether a heatmap shows what the model uses: measures, each beside its control."""
