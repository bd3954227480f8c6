"""The page of one photo: its faces, their answers, maps and verdicts."""
