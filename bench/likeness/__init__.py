"""What the guard is measured on: relationships, names and logos that look like theirs, and honest ones."""
