"""``python -m etui.trusted.native.session``."""

from etui.trusted.native.session.process import main

if __name__ == "__main__":
    raise SystemExit(main())
