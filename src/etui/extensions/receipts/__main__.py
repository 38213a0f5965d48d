"""Starts the Extension."""

from etui.extensions.receipts import Receipts

if __name__ == "__main__":
    Receipts().run()
