"""The path of a request: registry, references, consent and dispatch."""
