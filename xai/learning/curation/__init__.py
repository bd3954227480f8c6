"""What a person checks: labels that look wrong, answers that are."""
