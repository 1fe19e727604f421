"""What the program does, a file a verb: its request, its result, its run.

Command line, app and scripts build the same request and call the same
`workflows.VERB.run(request, engine, progress)`.
"""

import lazy_loader

# the verbs are those of the stub beside this file; each loads when first used
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
