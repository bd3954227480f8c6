"""A document of sections, tables, figures and faces, rendered as HTML and as PDF."""
