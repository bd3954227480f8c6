"""What ``pyproject.toml`` cannot say: the shipped models are installed as ``xai/weights``."""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["xai", "xai.*"]), "xai.weights"],
    package_dir={"xai.weights": "weights"},
)
