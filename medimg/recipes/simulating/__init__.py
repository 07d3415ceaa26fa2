"""Learning curves of labelling: chains of trainings, shared by processes, kept unit by unit."""
