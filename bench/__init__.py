"""Measurements of Etui beside its peers: ``python -m bench [NAME …]``.

Every figure is a median with its spread, and where it is a ratio its peer is measured in the same run, on the same
work, in alternating rounds.
"""
