"""Codecs and verifiers of the outside world's formats, without I/O, one folder each."""
