"""``python -m etui.trusted.native.coverage``."""

from etui.trusted.native.coverage.process import main

if __name__ == "__main__":
    raise SystemExit(main())
