"""The page "Audit a set": many photos, up to three models, and claims that are fixed beforehand."""
