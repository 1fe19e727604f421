"""A process for the official code: `python -m gan_bridge.official TASK ARGUMENT…`.

Its training starts further processes, which import this module anew under the name __mp_main__:
the repairs are made there too, before anything official is imported.
"""

import sys

if __name__ in ("__main__", "__mp_main__"):
    from gan_bridge.official.repairs import repair

    repair()

if __name__ == "__main__":
    from gan_bridge.official.tasks import run_task

    run_task(sys.argv[1], sys.argv[2:])
