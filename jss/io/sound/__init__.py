"""Sound files of every kind, decoded."""
