"""Images that a network's poolings would leave nothing of; known without loading torch."""

# px a side, by trial; the others take any data.size
LEAST = {"alexnet": 63, "cnn_f": 39, "cnn_head_neck": 64, "densenet121": 29, "vgg19": 32, "vgg19_bn": 32}
ENLARGED = {"inception_v3": 75}  # smaller images are enlarged to this inside the network
