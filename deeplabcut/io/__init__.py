"""Bytes on one side, core types on the other: one module for each file format."""
