"""Services of the terminal itself, a process each."""
