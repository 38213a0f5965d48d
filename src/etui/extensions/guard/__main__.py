"""Starts the Extension."""

from etui.extensions.guard import Guard

if __name__ == "__main__":
    Guard().run()
