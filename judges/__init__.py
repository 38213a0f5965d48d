"""Suites and programs that nobody here wrote, run unchanged against a wallet of their own.

``python -m judges NAME`` installs what it needs, runs it and ends with ``P passed, F failed, S skipped``. What is
expected stands in ``judges.expected``: a test that is not run any more is a difference as much as one that fails.
"""
