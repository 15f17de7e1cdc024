"""What a panel knows and computes, without a widget."""
