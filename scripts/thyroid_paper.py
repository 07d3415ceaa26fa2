"""What the thyroid paper printed: Wang & Zhang, J. Hebei Univ. Sci. Tech. 2020;41(3):242-248. Not a command."""

RECOGNISED = {  # table 1: recognised, shown
    "hyperthyroid": (115, 120), "subacute_thyroiditis": (112, 120), "reduced_uptake": (110, 120), "nodule": (106, 120),
    "goitre": (108, 120), "normal": (90, 100),
}  # fmt: skip
TOTAL = (641, 700)  # with 100 cross-feature images, which the table does not tell apart
MEASURES = ("sensitivity", "precision", "specificity", "f1")
NAMES = {"sensitivity": "recall", "precision": "precision", "specificity": "specificity", "f1": "F1"}
BY_SIGN = {  # table 2, % in the order of MEASURES
    "hyperthyroid": (97.9, 98.9, 96.8, 98.4), "subacute_thyroiditis": (96.9, 99.5, 97.7, 99.4),
    "reduced_uptake": (95.8, 95.8, 95.7, 98.8), "nodule": (93.7, 97.7, 98.7, 99.2), "goitre": (96.8, 98.8, 95.8, 98.3),
}  # fmt: skip
BY_NETWORK = {  # table 3, % in the order of MEASURES
    "densenet121": (95.1, 98.1, 95.3, 96.3), "resnet101": (93.8, 98.5, 96.6, 96.8), "inception_v3": (88.5, 90.1, 94.7, 96.7),
    "vgg19": (89.0, 91.4, 95.1, 97.2), "mvgg": (89.5, 91.9, 95.4, 97.3), "googlenet": (90.8, 91.9, 95.7, 97.3),
    "sdae": (92.3, 94.2, 96.0, 97.1), "ours": (96.1, 98.9, 97.8, 98.3),
}  # fmt: skip
BEYOND = "\\*"  # marks an F1 that cannot be; of Markdown, an asterisk
CONTRADICTED = (
    f"{BEYOND} As printed. No F1 is above the mean of its recall and precision: these figures of the paper contradict each other."
)
FIGURE_5 = "The paper's figure 5: accuracy 0.9633 and loss 0.1187 on validation at epoch 100, then stable."
