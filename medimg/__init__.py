"""medimg: train and judge medical image classifiers from one command line."""

__version__ = "0.1.0"
