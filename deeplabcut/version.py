"""The version, in one place."""

__version__ = VERSION = "4.0.0.dev0"
