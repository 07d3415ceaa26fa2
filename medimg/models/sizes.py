"""Pictures that a network's poolings would leave nothing of; known without loading torch."""

# px a side, by trial; the others take any data.size
LEAST = {"alexnet": 63, "cnn_f": 39, "cnn_head_neck": 64, "densenet121": 29, "inception_v3": 75, "vgg19": 32, "vgg19_bn": 32}
