"""The Trusted Dialog on a plain terminal: ``keys`` in, ``form`` says what they mean, ``screen`` draws."""
