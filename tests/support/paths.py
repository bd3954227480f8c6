"""Where things lie in the repository."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "dashboard" / "app.py"
SHARED = ROOT.parent / "shared" / "data"
"""Pictures for measuring, where they are."""
