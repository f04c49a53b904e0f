"""What the measurements of a running service share; nothing here measures by itself."""
