"""Labelled faces: the formats they come in, their splits and folds."""
