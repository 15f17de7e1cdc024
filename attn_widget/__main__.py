"""`python -m attn_widget` is the command `attn-widget`; without further words it opens the quickstart notebook."""

import sys

from attn_widget.shell import main

if __name__ == "__main__":
    sys.exit(main())
