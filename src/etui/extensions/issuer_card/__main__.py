"""Starts the Extension."""

from etui.extensions.issuer_card import IssuerCard

if __name__ == "__main__":
    IssuerCard().run()
