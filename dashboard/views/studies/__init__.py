"""The page about the published studies: their models trained again, and their experiments repeated."""
