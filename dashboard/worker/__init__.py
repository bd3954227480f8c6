"""The model process: its client, the jobs, and their handlers."""
