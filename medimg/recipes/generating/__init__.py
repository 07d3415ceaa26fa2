"""Generated images: drawn from the training part of a fold, told apart from patients, judged."""
