"""Generated images measured: beside real ones, and against copies of patients."""
