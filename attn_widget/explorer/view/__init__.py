"""What is seen of a panel: stock widgets that render a Scene, and send actions up."""
