"""One round of labelling, simulated or real: what is asked, what is learned from the answers, what the stop rules may know."""
