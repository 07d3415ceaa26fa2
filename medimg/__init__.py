"""medimg: train, judge, label and check medical images from one command line."""

__version__ = "0.1.0"
