"""Speed on this machine, beside other implementations, measured in one run."""
