"""Trains a classifier from a recipe."""
