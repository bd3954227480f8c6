"""Programs that fit the models of a face to portraits: run offline, by hand."""
