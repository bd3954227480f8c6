"""The page about the models: scores, errors, studies, and how to add one."""
