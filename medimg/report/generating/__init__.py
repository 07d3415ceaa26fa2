"""What a report says of generated images."""
