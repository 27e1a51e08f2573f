"""`python -m pytest_dbops` is the command `dbops`."""

import sys

from pytest_dbops.cli import main

sys.exit(main())
