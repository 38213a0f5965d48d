"""Etui's own doors, a folder each: each translates one outside protocol into the Router's."""
