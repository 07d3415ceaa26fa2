"""Learning curves measured: units read, drawn, compared, put into words that their intervals carry."""
