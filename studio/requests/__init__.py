"""What can be asked of the program: frozen records that validate themselves.

Command line and app build the same request and hand it to the same workflow.
"""

from studio.requests.app import StudioRequest
from studio.requests.bridge import BridgeRequest
from studio.requests.checks import BUNDLED, DEFAULT_TRUNCATION, RequestError
from studio.requests.convert import ConvertRequest
from studio.requests.finetune import FinetuneRequest
from studio.requests.invert import InvertRequest
from studio.requests.models import RUN_SETTINGS, PrepareRequest, ProbeRequest, TrainRequest
from studio.requests.pictures import EditRequest, ExportRequest, GridRequest

__all__ = [
    "BUNDLED",
    "DEFAULT_TRUNCATION",
    "RUN_SETTINGS",
    "BridgeRequest",
    "ConvertRequest",
    "EditRequest",
    "ExportRequest",
    "FinetuneRequest",
    "GridRequest",
    "InvertRequest",
    "PrepareRequest",
    "ProbeRequest",
    "RequestError",
    "StudioRequest",
    "TrainRequest",
]
