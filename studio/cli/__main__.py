"""`python -m studio.cli`, for launchers such as `accelerate launch -m`."""

import sys

from studio.cli import main

sys.exit(main())
