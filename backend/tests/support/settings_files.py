"""The project's own environment files."""

from pathlib import Path

from dotenv import dotenv_values

ROOT = Path(__file__).resolve().parents[3]


def environment(name: str) -> dict[str, str]:
    """Return the variables of one of the project's environment files."""
    values = dotenv_values(ROOT / name)
    return {key: value for key, value in values.items() if value is not None}
