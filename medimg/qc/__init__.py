"""Quality control of chest films: measures with their gates, limits, verdicts."""
