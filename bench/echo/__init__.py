"""A package to measure with: an Extension that answers with what it was sent."""
