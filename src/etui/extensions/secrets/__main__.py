"""Starts the Extension."""

from etui.extensions.secrets import Secrets

if __name__ == "__main__":
    Secrets().run()
