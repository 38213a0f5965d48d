"""Starts the Extension."""

from etui.extensions.encryption import Encryption

if __name__ == "__main__":
    Encryption().run()
