"""Parts of the quality run over chest films."""
