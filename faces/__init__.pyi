from .readers import FEATURE_NAMES as FEATURE_NAMES
from .readers import FaceReader as FaceReader
from .readers import FaceReading as FaceReading
from .readers import geometric_features as geometric_features
