"""Whether a decision depends on nose and mouth: interventions on the face, not a look at a map."""
