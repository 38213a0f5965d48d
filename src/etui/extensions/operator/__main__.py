"""Starts the Extension."""

from etui.extensions.operator import Operator

if __name__ == "__main__":
    Operator().run()
