"""The verbs of the command line as functions: the fields of a request in, its result out.

    result = circumplex.grid(seed=6, n=5)      a GridResult; with `out` it is written as well
    circumplex.export(folder=Path("stimuli"), seeds=(1, 2), points=((0.0, 0.0), (0.6, 0.3)))

Each takes what its request in `studio.workflows` takes, and raises what that workflow raises
(`CircumplexError`). All of them share one engine, which keeps the models that it opened.
"""

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from faces.ground.progress import Progress, silent
from studio import workflows
from studio.engine import Engine

Fields = ParamSpec("Fields")
Request = TypeVar("Request")
Result = TypeVar("Result")


@functools.cache
def shared_engine() -> Engine:
    """The engine of all verbs: on CUDA where there is a card, else on the CPU."""
    return Engine()


def _verb(
    request: Callable[Fields, Request], run: Callable[[Request, Engine, Progress], Result]
) -> Callable[Fields, Result]:
    """A function that takes the fields of `request` and gives what `run` makes of it."""

    def verb(*args: Fields.args, **fields: Fields.kwargs) -> Result:
        return run(request(*args, **fields), shared_engine(), silent)

    verb.__doc__ = f"{run.__doc__}\nFields: see `{request.__module__}.{request.__qualname__}`.\n"
    return verb


prepare = _verb(workflows.prepare.PrepareRequest, workflows.prepare.run)
train = _verb(workflows.train.TrainRequest, workflows.train.run)
probe = _verb(workflows.probe.ProbeRequest, workflows.probe.run)
bridge = _verb(workflows.bridge.BridgeRequest, workflows.bridge.run)
calibrate = _verb(workflows.calibrate.CalibrateRequest, workflows.calibrate.run)
grid = _verb(workflows.grid.GridRequest, workflows.grid.run)
edit = _verb(workflows.edit.EditRequest, workflows.edit.run)
animate = _verb(workflows.animate.AnimateRequest, workflows.animate.run)
export = _verb(workflows.export.ExportRequest, workflows.export.run)
verify = _verb(workflows.verify.VerifyRequest, workflows.verify.run)
invert = _verb(workflows.invert.InvertRequest, workflows.invert.run)
evaluate = _verb(workflows.evaluate.EvaluateRequest, workflows.evaluate.run)
measure = _verb(workflows.measure.MeasureRequest, workflows.measure.run)
convert = _verb(workflows.convert.ConvertRequest, workflows.convert.run)
finetune = _verb(workflows.finetune.FinetuneRequest, workflows.finetune.run)
classify_train = _verb(workflows.classify.ClassifyTrainRequest, workflows.classify.train)
classify_report = _verb(workflows.classify.ClassifyReportRequest, workflows.classify.report)
invariance = _verb(workflows.invariance.InvarianceRequest, workflows.invariance.run)
pose_emotion = _verb(workflows.study.PoseEmotionRequest, workflows.study.pose_emotion)
pose_error = _verb(workflows.study.PoseErrorRequest, workflows.study.pose_error)
ratings_design = _verb(workflows.ratings.DesignRequest, workflows.ratings.design)
ratings_import = _verb(workflows.ratings.ImportRequest, workflows.ratings.import_answers)
ratings_report = _verb(workflows.ratings.ReportRequest, workflows.ratings.report)
