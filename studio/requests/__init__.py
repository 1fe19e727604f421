"""What can be asked of the program: frozen records that validate themselves.

Command line and app build the same request and hand it to the same workflow.
"""

from studio.requests.app import StudioRequest
from studio.requests.bridge import BridgeRequest
from studio.requests.calibrate import CalibrateRequest
from studio.requests.checks import BUNDLED, STYLEGAN, RequestError
from studio.requests.classify import ClassifyReportRequest, ClassifyTrainRequest
from studio.requests.convert import ConvertRequest
from studio.requests.evaluate import EvaluateConfig, EvaluateRequest
from studio.requests.finetune import FinetuneRequest
from studio.requests.invert import InvertRequest
from studio.requests.measure import MeasureRequest
from studio.requests.models import RUN_SETTINGS, PrepareRequest, ProbeRequest, TrainRequest
from studio.requests.pictures import EditRequest, ExportRequest, GridRequest
from studio.requests.study import POSE_SETS, PoseEmotionRequest, PoseErrorRequest
from vae.config import DEFAULT_TRUNCATION

__all__ = [
    "BUNDLED",
    "DEFAULT_TRUNCATION",
    "POSE_SETS",
    "RUN_SETTINGS",
    "STYLEGAN",
    "BridgeRequest",
    "CalibrateRequest",
    "ClassifyReportRequest",
    "ClassifyTrainRequest",
    "ConvertRequest",
    "EditRequest",
    "EvaluateConfig",
    "EvaluateRequest",
    "ExportRequest",
    "FinetuneRequest",
    "GridRequest",
    "InvertRequest",
    "MeasureRequest",
    "PoseEmotionRequest",
    "PoseErrorRequest",
    "PrepareRequest",
    "ProbeRequest",
    "RequestError",
    "StudioRequest",
    "TrainRequest",
]
