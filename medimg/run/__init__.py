"""From a command's words to settings, a run folder and the recipe that fills it."""
