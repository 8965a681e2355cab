from .classifiers import make_classifier as make_classifier
from .datasets import load_dataset as load_dataset
from .evaluation import evaluate as evaluate
from .evaluation import predefined_split as predefined_split
from .evaluation import score_table as score_table
from .experiments import Predictor as Predictor
from .experiments import RunFolder as RunFolder
from .experiments import load_recipe as load_recipe
from .experiments import run as run
from .face import FaceStream as FaceStream
from .face import make_locator as make_locator
from .face import write_crops as write_crops
from .features import FeatureStore as FeatureStore
from .features import extract as extract
from .features import fill_store as fill_store
from .features import make_extractor as make_extractor
from .networks import load_checkpoint as load_checkpoint
from .report import compare as compare
from .report import write_report as write_report
from .training import train_source as train_source
from .virtual import generate as generate

__version__: str
