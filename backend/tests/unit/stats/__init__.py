"""Figures for operators."""
