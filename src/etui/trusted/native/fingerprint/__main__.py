"""``python -m etui.trusted.native.fingerprint``."""

from etui.trusted.native.fingerprint.process import main

if __name__ == "__main__":
    raise SystemExit(main())
