"""A point of sale's terminal: it takes contactless cards at a till, a pump, a window and a parking meter."""
