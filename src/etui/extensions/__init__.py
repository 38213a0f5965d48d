"""Etui's own Extensions, a folder each, built as a stranger's would be."""
