"""Records beside the installed models: measured models without weights, and experiments."""
