"""The visible part of a panel: stock widgets that render a `Scene` and send actions."""
