"""Starts the Extension."""

from etui.extensions.cards import Cards

if __name__ == "__main__":
    Cards().run()
