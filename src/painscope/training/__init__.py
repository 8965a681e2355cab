"""How networks are fitted."""

from painscope.training.fit import History, fit
from painscope.training.frames import FrameSet, find_frames, frame_loader
from painscope.training.network import train_network
from painscope.training.output_layer import OutputLayer, fit_output_layer
from painscope.training.people import PeopleSplit, split_people
from painscope.training.question import Question, ask
from painscope.training.source import train_source
from painscope.training.stages import STAGES, fine_tune, freeze
from painscope.training.together import train_together

__all__ = [
    "STAGES",
    "FrameSet",
    "History",
    "OutputLayer",
    "PeopleSplit",
    "Question",
    "ask",
    "find_frames",
    "fine_tune",
    "fit",
    "fit_output_layer",
    "frame_loader",
    "freeze",
    "split_people",
    "train_network",
    "train_source",
    "train_together",
]
