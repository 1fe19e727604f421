from .classifier import Classifier as Classifier
from .classifier import fit_classifier as fit_classifier
from .config import MODELS as MODELS
from .config import ClassifierConfig as ClassifierConfig
from .opening import open_samples as open_samples
from .samples import Samples as Samples
from .splits import Split as Split
from .splits import split_samples as split_samples
