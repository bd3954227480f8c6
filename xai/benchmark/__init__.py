"""How fast the work is on this machine, next to other ways of doing it, measured in one run."""
