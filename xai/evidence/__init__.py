"""Whether a decision depends on nose and mouth: by interventions on the face, not by looking at a map."""
