"""Tests of kit.package_formats."""
