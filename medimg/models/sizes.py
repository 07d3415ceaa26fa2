"""Pictures that a network's poolings would leave nothing of; known without loading torch."""

LEAST = {"alexnet": 63, "cnn_f": 39, "cnn_head_neck": 64, "inception_v3": 75}  # px a side, by trial; the others take any data.size
