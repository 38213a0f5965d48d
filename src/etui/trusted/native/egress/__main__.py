"""``python -m etui.trusted.native.egress``."""

from etui.trusted.native.egress.process import main

if __name__ == "__main__":
    raise SystemExit(main())
