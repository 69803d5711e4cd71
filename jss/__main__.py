"""``python -m jss VERB``."""

from jss.cli import main

raise SystemExit(main())
