"""Results about the gallery's samples, computed while nobody waits."""
