"""Poses in space from several cameras."""
