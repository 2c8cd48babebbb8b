"""``python -m scenair.cli``."""

import sys

from scenair.cli import main

sys.exit(main())
